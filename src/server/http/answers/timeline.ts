// What happened to a run, on one line of time: from its event log, its checkpoints, what was asked of it, and what was wrong.

import type { Change, Checkpoint, Gap, JsonValue, RunEnd, RunStart, StatusUpdate } from '../../../protocol/events.js';
import type { HistoryEvent } from '../../../query/history.js';
import { CONTROL_WORKER } from '../../../runtime/run-state.js';
import type { CommandRecord, RunWarning } from '../../../storage/store.js';

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

type Entry = Omit<TimelineEntry, 'at'>;

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

/** Characters of a name or a value in a title, and of what is said beside it. */
const MOST_TEXT = 200;
const MOST_DETAIL = 2_000;

/** What the event log tells. Starts after the first one of a worker are restarts, and a status that stays the same is told once. */
function historyEntries(history: readonly HistoryEvent[]): Entry[] {
  const teller = new Teller();
  return history.flatMap((event) => teller.entry(event) ?? []);
}

class Teller {
  /** The newest incarnation of each worker, and its status. */
  readonly #lives = new Map<string, string>();
  readonly #statuses = new Map<string, string>();

  entry(event: HistoryEvent): Entry | undefined {
    switch (event.type) {
      case 'run_start':
        return this.#start(event);
      case 'run_end':
        return endEntry(event);
      case 'gap':
        return gapEntry(event);
      default:
        return this.#status(event);
    }
  }

  #start({ ts, worker, incarnation, environment }: RunStart): Entry {
    const before = this.#lives.get(worker);
    this.#lives.set(worker, incarnation);
    const again = before !== undefined && before !== incarnation;
    const title = `${again ? 'Started again' : 'Started'}${of(worker)}`;
    return { ts, kind: again ? 'restart' : 'start', title, ...detail(environment?.hostname, 'on ') };
  }

  #status({ ts, worker, status, message }: StatusUpdate): Entry | undefined {
    if (this.#statuses.get(worker) === status) return undefined;
    this.#statuses.set(worker, status);
    return { ts, kind: 'status', title: `${capital(status)}${of(worker)}`, ...detail(message) };
  }
}

function endEntry({ ts, worker, status, error, exit }: RunEnd): Entry {
  const title = worker === CONTROL_WORKER ? processEnd(exit) : `${capital(status)}${of(worker)}`;
  return { ts, kind: 'end', title, ...detail(error?.message) };
}

function gapEntry({ ts, worker, from, to, reason }: Gap): Entry {
  return { ts, kind: 'gap', title: `${to - from + 1} events were dropped${of(worker)}`, ...detail(reason) };
}

function processEnd(exit: RunEnd['exit']): string {
  if (exit === undefined) return 'Ended';
  if (exit.signal !== null) return `The process was ended by ${short(exit.signal)}`;
  return exit.code === null ? 'The process ended' : `The process exited with code ${exit.code}`;
}

function of(worker: string): string {
  return worker === '' ? '' : ` (worker ${short(worker)})`;
}

function detail(text: string | undefined, before = ''): Pick<Entry, 'detail'> {
  return text === undefined ? {} : { detail: before + cut(text) };
}

const short = (text: string): string => cut(text, MOST_TEXT);

function cut(text: string, most = MOST_DETAIL): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
