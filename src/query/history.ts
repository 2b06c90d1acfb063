// What happened to a run as a whole, out of its event log: starts, ends, changes of status, gaps that its workers declared.

import type { Gap, RunEnd, RunStart, StatusUpdate, TrackEvent } from '../protocol/index.js';
import { eventsOf } from '../storage/points/block.js';
import type { RunRecord, StoreReader } from '../storage/store.js';

export type HistoryEvent = RunStart | RunEnd | StatusUpdate | Gap;

const TYPES: ReadonlySet<string> = new Set(['run_start', 'run_end', 'status', 'gap']);
/** The newest events that are kept of a run. */
const MOST = 5_000;
/** Runs whose history is remembered, so that only what is new is read. */
const MOST_RUNS = 50;
/** How emitters begin a frame's JSON; the type follows. */
const BEGINNING = new TextEncoder().encode('{"v":1,"t":"');
const FIRST_BYTES: ReadonlySet<number> = new Set([...TYPES].map((type) => type.charCodeAt(0)));

interface Known {
  readonly createdAt: number;
  events: HistoryEvent[];
  /** Block up to which the log was read. */
  block: number;
  reading: Promise<void>;
}

/** Histories of the runs of one store. */
export class Histories {
  readonly #reader: Pick<StoreReader, 'readBlocks'>;
  readonly #known = new Map<string, Known>();

  constructor(reader: Pick<StoreReader, 'readBlocks'>) {
    this.#reader = reader;
  }

  /** In the order stored. Reads the log once; then only what came since. */
  async of({ runId, createdAt }: RunRecord): Promise<readonly HistoryEvent[]> {
    let known = this.#known.get(runId);
    // The id of a run that was removed may be another's now.
    if (known?.createdAt !== createdAt) known = { createdAt, events: [], block: 0, reading: Promise.resolve() };
    this.#known.delete(runId);
    this.#known.set(runId, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_RUNS) break;
      this.#known.delete(oldest);
    }
    const { reading } = known;
    // One after the other: the next one finds what this one read.
    known.reading = reading.then(() => this.#readOn(runId, known));
    try {
      await known.reading;
    } catch (error) {
      this.#known.delete(runId);
      throw error;
    }
    return known.events;
  }

  async #readOn(runId: string, known: Known): Promise<void> {
    for await (const block of this.#reader.readBlocks(runId, known.block)) {
      const found: HistoryEvent[] = [];
      const take = (event: TrackEvent): void => {
        if (isOfHistory(event)) found.push(event);
      };
      eventsOf(block, take, mayBeWanted);
      if (found.length > 0) known.events = [...known.events, ...found].slice(-MOST);
      known.block = block.id;
    }
  }
}

function isOfHistory(event: TrackEvent): event is HistoryEvent {
  return TYPES.has(event.type);
}

/** False only where the frame begins as emitters write it, and its type begins like none of the wanted ones. */
function mayBeWanted(bytes: Uint8Array, from: number): boolean {
  for (let at = 0; at < BEGINNING.length; at++) if (bytes[from + at] !== BEGINNING[at]) return true;
  return FIRST_BYTES.has(bytes[from + BEGINNING.length] as number);
}
