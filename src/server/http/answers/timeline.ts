// What happened to a run, on one line of time: from its event log, its checkpoints, what was asked of it, and what was wrong.

import type { Change, Checkpoint, JsonValue } from '../../../protocol/events.js';
import type { HistoryEvent } from '../../../query/history.js';
import type { CommandRecord, RunWarning } from '../../../storage/store.js';
import { cut, historyEntries, short } from '../history-entries.js';

export interface TimelineEntry {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** µs since the epoch. */
  readonly ts: number;
  readonly kind: 'status' | 'checkpoint' | 'command' | 'change' | 'restart' | 'gap' | 'warning' | 'start' | 'end';
  readonly title: string;
  readonly step?: number;
  readonly detail?: string;
}

/** Something to draw on the curves. */
export interface Mark extends Pick<TimelineEntry, 'ts' | 'title'> {
  readonly kind: 'checkpoint' | 'command' | 'change' | 'restart' | 'gap';
  readonly step: number | null;
}

export interface RunFacts {
  readonly history: readonly HistoryEvent[];
  readonly checkpoints: readonly Checkpoint[];
  readonly commands: readonly CommandRecord[];
  readonly changes: readonly Change[];
  readonly warnings: readonly RunWarning[];
}

/** The newest entries that are told. */
const MOST = 5_000;

export type Entry = Omit<TimelineEntry, 'at'>;

/** Oldest first. */
export function timelineOf({ history, checkpoints, commands, changes, warnings }: RunFacts): TimelineEntry[] {
  const entries = [
    ...historyEntries(history),
    ...checkpoints.map(checkpointEntry),
    ...commands.map(commandEntry),
    ...changes.map(changeEntry),
    ...warnings.map(warningEntry),
  ];
  return entries
    .sort((a, b) => a.ts - b.ts)
    .slice(-MOST)
    .map((entry) => ({ at: new Date(entry.ts / 1_000).toISOString(), ...entry }));
}

const MARKED = ['checkpoint', 'command', 'change', 'restart', 'gap'] as const satisfies readonly Mark['kind'][];

export function marksOf(facts: RunFacts): Mark[] {
  return timelineOf(facts).flatMap(({ kind, step, ts, title }) => {
    const marked = MARKED.find((one) => one === kind);
    return marked === undefined ? [] : [{ kind: marked, step: step ?? null, ts, title }];
  });
}

function checkpointEntry({ ts, step, path, isBest }: Checkpoint): Entry {
  return { ts, kind: 'checkpoint', title: isBest === true ? 'Best checkpoint so far' : 'Checkpoint', step, detail: cut(path) };
}

function commandEntry({ issuedAt, command, status, issuedBy, error }: CommandRecord): Entry {
  const detail = [issuedBy === null ? [] : `by ${short(issuedBy)}`, error === null ? [] : cut(error)].flat().join(': ');
  return { ts: issuedAt, kind: 'command', title: `${command}: ${status}`, ...(detail !== '' && { detail }) };
}

function changeEntry({ ts, name, value, previous, step, by }: Change): Entry {
  const before = previous === undefined ? '' : `${shown(previous)} → `;
  return {
    ts,
    kind: 'change',
    title: `${short(name)}: ${before}${shown(value)}`,
    ...(step !== undefined && { step }),
    ...(by !== undefined && { detail: `by ${short(by)}` }),
  };
}

function warningEntry({ at, code, detail }: RunWarning): Entry {
  return {
    ts: at,
    kind: code === 'XT_SEQ_GAP' ? 'gap' : 'warning',
    title: code === 'XT_SEQ_GAP' ? 'Events are missing' : code,
    detail: cut(detail),
  };
}

function shown(value: JsonValue): string {
  return short(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
