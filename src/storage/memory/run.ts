// One run of the memory store: the same records as a database would keep, in Maps.

import type { Param } from '../../protocol/events.js';
import { bareEntry, matchesEntry } from '../filters.js';
import { PointList } from '../points/point-list.js';
import type { SeriesId, TrackDefinition } from '../series/series.js';
import { TrackStats } from '../series/track-stats.js';
import type { Block, BlockInput, CommandRecord, DeadLetter, Entry, EntryQuery, RunRecord, RunWarning, WorkerMark } from '../store.js';
import { compareText } from '../text.js';

/** The points of one incarnation of one series. */
export interface MemoryTrack {
  readonly incarnation: string;
  readonly points: PointList;
  readonly stats: TrackStats;
}

export interface MemorySeries {
  readonly id: SeriesId;
  readonly tracks: Map<string, MemoryTrack>;
}

export class MemoryRun {
  #record: RunRecord | undefined;
  /** µs since the epoch; no commit changes it. */
  deletedAt: number | undefined;
  /** See RevisionStep. */
  revision = 0;
  readonly marks = new Map<string, WorkerMark>();
  readonly series = new Map<string, MemorySeries>();
  readonly blocks: Block[] = [];
  readonly commands = new Map<string, CommandRecord>();
  readonly warnings: RunWarning[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly #params = new Map<string, Param>();
  #entries: Entry[] = [];

  get record(): RunRecord | undefined {
    if (this.#record === undefined || this.deletedAt === undefined) return this.#record;
    return { ...this.#record, deletedAt: this.deletedAt };
  }

  set record(record: RunRecord | undefined) {
    if (record === undefined) return;
    const { deletedAt: _kept, ...rest } = record;
    this.#record = rest;
  }

  addBlock(id: number, block: BlockInput): void {
    this.blocks.push({ ...block, id });
  }

  addEntry(entry: Entry): void {
    if (entry.type === 'param') this.#params.set(entry.key, entry);
    else this.#entries.push(entry);
  }

  /** Removes log lines of before a time (µs since the epoch) and says how many. */
  deleteLogs(before: number): number {
    const count = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.type !== 'log' || entry.ts >= before);
    return count - this.#entries.length;
  }

  /** Bytes of its event log. */
  get bytes(): number {
    return this.blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  params(): Iterable<Param> {
    return this.#params.values();
  }

  /** Every track with the series that it is of. */
  *tracks(): IterableIterator<MemoryTrack & { readonly id: SeriesId }> {
    for (const { id, tracks } of this.series.values()) for (const track of tracks.values()) yield { ...track, id };
  }

  setMark(mark: WorkerMark): void {
    this.marks.set(JSON.stringify([mark.worker, mark.incarnation]), mark);
  }

  openTrack(definition: TrackDefinition): MemoryTrack {
    const { runId, worker, incarnation, key, phase, aggregation } = definition;
    const name = JSON.stringify([worker, key, phase, aggregation]);
    const series = this.series.get(name) ?? { id: { runId, worker, key, phase, aggregation }, tracks: new Map() };
    this.series.set(name, series);
    const track = series.tracks.get(incarnation) ?? { incarnation, points: new PointList(), stats: new TrackStats() };
    series.tracks.set(incarnation, track);
    return track;
  }

  /** One page of entries, oldest first. */
  page(query: EntryQuery): Entry[] {
    const all = query.kind === 'param' ? this.#sortedParams() : this.#entries.filter((entry) => entry.type === query.kind);
    const found = all.filter((entry) => matchesEntry(entry, query));
    const offset = query.offset ?? 0;
    const limit = query.limit ?? found.length;
    const end = Math.max(0, found.length - offset);
    const page = query.newest === true ? found.slice(Math.max(0, end - limit), end) : found.slice(offset, offset + limit);
    return query.bare === true ? page.map(bareEntry) : page;
  }

  #sortedParams(): Param[] {
    return [...this.#params.values()].sort((a, b) => compareText(a.key, b.key));
  }
}

/** The incarnations of a series, oldest first. */
export function tracksInOrder(series: MemorySeries): MemoryTrack[] {
  return [...series.tracks.values()].sort((a, b) => compareText(a.incarnation, b.incarnation));
}
