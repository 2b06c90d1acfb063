// The part of a timeline that the event log tells: who started, what they said of themselves, how it ended.

import type { Gap, RunEnd, RunStart, StatusUpdate } from '../../protocol/events.js';
import type { HistoryEvent } from '../../query/history.js';
import { CONTROL_WORKER } from '../../runtime/run-state.js';
import type { Entry } from './answers/timeline.js';

/** Characters of a name or a value in a title, and of what is said beside it. */
const MOST_TEXT = 200;
const MOST_DETAIL = 2_000;

/** Starts after the first one of a worker are restarts, and a status that stays the same is told once. */
export function historyEntries(history: readonly HistoryEvent[]): Entry[] {
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

export const short = (text: string): string => cut(text, MOST_TEXT);

export function cut(text: string, most = MOST_DETAIL): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
