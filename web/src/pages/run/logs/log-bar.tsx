// What the log is filtered by, where to look in it, and how it is shown.

import { Button, Chip, Group, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { apiAddress, segment } from '../../../api/client';
import type { RunDetail } from '../../../api/types';
import classes from './logs.module.css';

export interface LogView {
  readonly levels: readonly string[];
  readonly text: string;
  readonly follow: boolean;
  readonly wrap: boolean;
}

const LEVELS = ['debug', 'info', 'warning', 'error'] as const;

interface LogBarProps {
  readonly run: RunDetail;
  readonly view: LogView;
  /** Lines that meet the filters; null: not known yet. */
  readonly count: number | null;
  readonly onChange: (part: Partial<LogView>) => void;
  /** µs since the epoch. */
  readonly onJump: (ts: number) => Promise<void>;
}

export function LogBar({ run, view, count, onChange, onJump }: LogBarProps): ReactElement {
  return (
    <div className={classes.bar}>
      <Chip.Group multiple value={[...view.levels]} onChange={(levels) => onChange({ levels })}>
        <Group gap={4} role="group" aria-label="Levels; none chosen shows all">
          {LEVELS.map((level) => (
            <Chip key={level} size="xs" value={level}>
              {level}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <TextInput
        className={classes.search ?? ''}
        size="xs"
        type="search"
        placeholder="Lines that contain…"
        aria-label="Lines that contain"
        maxLength={256}
        value={view.text}
        onChange={(event) => onChange({ text: event.currentTarget.value })}
      />
      <JumpForm run={run} onJump={onJump} />
      <Chip size="xs" checked={view.wrap} onChange={(wrap) => onChange({ wrap })}>
        wrap
      </Chip>
      <Chip size="xs" checked={view.follow} onChange={(follow) => onChange({ follow })}>
        follow
      </Chip>
      <span className={`${classes.count} ${classes.push}`} role="status">
        {count === null ? '' : `${count.toLocaleString('en')} ${count === 1 ? 'line' : 'lines'}`}
      </span>
      <Button
        component="a"
        size="compact-xs"
        variant="default"
        download
        href={apiAddress(`/runs/${segment(run.runId)}/export?what=logs&format=jsonl`)}
      >
        Download
      </Button>
    </div>
  );
}

function JumpForm({ run, onJump }: Pick<LogBarProps, 'run' | 'onJump'>): ReactElement {
  const [time, setTime] = useState('');
  const jump = (event: FormEvent): void => {
    event.preventDefault();
    const ms = Date.parse(time);
    if (Number.isFinite(ms)) void onJump(ms * 1_000);
  };
  return (
    <form className={classes.pin} onSubmit={jump}>
      <TextInput
        size="xs"
        type="datetime-local"
        step={1}
        aria-label="Jump to a time"
        value={time}
        onFocus={() => time === '' && setTime(localTime(run.startedAt ?? run.createdAt))}
        onChange={(event) => setTime(event.currentTarget.value)}
      />
      <Button type="submit" size="compact-xs" variant="default" disabled={time === ''}>
        Jump
      </Button>
    </form>
  );
}

/** As a datetime-local field wants it. */
function localTime(iso: string): string {
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
