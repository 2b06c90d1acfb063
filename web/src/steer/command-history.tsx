// What was asked of the run and what became of it, newest first; said aloud to those who do not see it.

import { VisuallyHidden } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { useNow } from '../components/clock';
import { formatTime } from '../components/format';
import { type CommandLife, commandLife, commandName, payloadText, unsentLife } from './command-life';
import type { CommandEntry } from './command-list';
import classes from './steer.module.css';

const FIRST_SHOWN = 10;

export function CommandHistory({ entries }: { readonly entries: readonly CommandEntry[] }): ReactElement {
  const [all, setAll] = useState(false);
  const now = useNow() * 1_000;
  const [newest] = entries;
  const shown = all ? entries : entries.slice(0, FIRST_SHOWN);
  return (
    <section className={classes.section} aria-label="Commands so far">
      <h3>Commands</h3>
      <VisuallyHidden role="status" aria-live="polite">
        {newest === undefined ? '' : spoken(newest, now)}
      </VisuallyHidden>
      {entries.length === 0 && <p className={classes.why}>None yet. Each one is shown here from the click until it is done, or why not.</p>}
      <ul className={classes.history}>
        {shown.map((entry) => (
          <HistoryItem key={entry.key} entry={entry} life={lifeOf(entry, now)} />
        ))}
      </ul>
      {shown.length < entries.length && (
        <button type="button" className={classes.keys} onClick={() => setAll(true)}>
          Show {entries.length - shown.length} older ones
        </button>
      )}
    </section>
  );
}

function lifeOf({ kind, command }: CommandEntry, now: number): CommandLife {
  return kind === 'unsent' ? unsentLife(command) : commandLife(command, now);
}

/** Without what changes each second, so that it is said once. */
function spoken(entry: CommandEntry, now: number): string {
  const { steps, outcome, sentence } = lifeOf(entry, now);
  const reached = steps.findLast(({ state }) => state !== 'ahead')?.label ?? '';
  return `${commandName(entry.command)}: ${outcome === 'open' ? reached : sentence}`;
}

function HistoryItem({ entry, life }: { readonly entry: CommandEntry; readonly life: CommandLife }): ReactElement {
  const { kind, command } = entry;
  const asked = payloadText(command);
  const at = kind === 'unsent' ? command.at : command.issuedAt;
  return (
    <li className={classes.command} data-outcome={life.outcome}>
      <div className={classes.commandHead}>
        <span className={classes.commandWhat}>
          {commandName(command)} {asked !== '' && <span className={classes.commandPayload}>{asked}</span>}
        </span>
        <time className={classes.commandWhen} dateTime={isoOf(at)} title={formatTime(isoOf(at))}>
          {clockTime(at)}
        </time>
      </div>
      <ol className={classes.steps} aria-label="How far it is">
        {life.steps.map(({ label, state, at: when }) => (
          <li key={label} className={classes.step} data-state={state} title={when === undefined ? undefined : clockTime(when)}>
            {state === 'done' ? '✓ ' : state === 'failed' ? '✕ ' : ''}
            {label}
          </li>
        ))}
      </ol>
      <p className={classes.sentence}>
        {life.sentence}
        {kind === 'record' && command.issuedBy !== null && <span className={classes.by}> · by {command.issuedBy}</span>}
      </p>
    </li>
  );
}

/** Of µs since the epoch. */
function isoOf(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}

/** `14:03:22` */
function clockTime(micros: number): string {
  return formatTime(isoOf(micros)).slice(11);
}
