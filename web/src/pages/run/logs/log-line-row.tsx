// One line of the log.

import { memo, type ReactElement } from 'react';
import type { LogLine } from '../../../api/types';
import { formatTime } from '../../../components/format';
import classes from './logs.module.css';
import { StyledText } from './styled-text';

/** Characters shown of one line; the download has all. */
const LONGEST = 20_000;

interface LogLineRowProps {
  readonly at: number;
  /** Undefined while it is being read. */
  readonly line: LogLine | undefined;
  /** px from the top. */
  readonly top: number;
  readonly marked: boolean;
  readonly measure: (element: HTMLElement | null) => void;
}

export const LogLineRow = memo(function LogLineRow({ at, line, top, marked, measure }: LogLineRowProps): ReactElement {
  return (
    <div
      ref={measure}
      className={classes.line}
      style={{ transform: `translateY(${top}px)` }}
      data-index={at}
      data-level={line?.level}
      data-marked={marked || undefined}
    >
      {line === undefined ? <span className={classes.time}>…</span> : <LineParts line={line} />}
    </div>
  );
});

function LineParts({ line }: { readonly line: LogLine }): ReactElement {
  const { ts, level, message, step, fields } = line;
  const from = fromOf(line);
  const more = fieldsText(fields);
  return (
    <>
      <time className={classes.time} dateTime={new Date(ts / 1_000).toISOString()} title={new Date(ts / 1_000).toLocaleString()}>
        {clockTime(ts)}
        <span className={classes.millis}>{millis(ts)}</span>
      </time>
      <span className={classes.level}>{level}</span>
      <span className={classes.from} title={from}>
        {from}
      </span>
      <span className={classes.message}>
        <StyledText text={message.slice(0, LONGEST)} />
        {message.length > LONGEST && <span className={classes.fields}> … {message.length - LONGEST} more characters</span>}
        {(more !== '' || step !== null) && (
          <span className={classes.fields}>
            {step === null ? '' : ` step ${step}`}
            {more}
          </span>
        )}
      </span>
    </>
  );
}

function fromOf({ logger, worker }: LogLine): string {
  const who = worker === '' || worker === '$xtrack' ? '' : worker;
  return [who, logger].filter((part) => part !== null && part !== undefined && part !== '').join(' · ');
}

/** What captured output carries (its stream and place in it) says nothing to a reader. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['stream', 'offset']);

function fieldsText(fields: LogLine['fields']): string {
  const shown = Object.entries(fields ?? {}).filter(([key]) => !OWN_FIELDS.has(key));
  return shown
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('')
    .slice(0, LONGEST);
}

/** `14:03:27`, on the clock of who looks. */
function clockTime(ts: number): string {
  return formatTime(new Date(ts / 1_000).toISOString()).slice(11);
}

/** `.512` */
function millis(ts: number): string {
  return `.${String(Math.floor(ts / 1_000) % 1_000).padStart(3, '0')}`;
}
