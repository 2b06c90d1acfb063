// One run of the memory store: the same records as a database would keep, in Maps.

import type { Param } from '../../protocol/events.js';
import { matchesEntry } from '../filters.js';
import { PointList } from '../point-list.js';
import type {
  Block,
  BlockInput,
  CommandRecord,
  DeadLetter,
  Entry,
  EntryQuery,
  RunRecord,
  RunWarning,
  SeriesId,
  TrackDefinition,
  WorkerMark,
} from '../store.js';
import { compareText } from '../text.js';
import { TrackStats } from '../track-stats.js';

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
  record: RunRecord | undefined;
  readonly marks = new Map<string, WorkerMark>();
  readonly series = new Map<string, MemorySeries>();
  readonly blocks: Block[] = [];
  readonly commands = new Map<string, CommandRecord>();
  readonly warnings: RunWarning[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly #params = new Map<string, Param>();
  readonly #entries: Entry[] = [];

  addBlock(id: number, block: BlockInput): void {
    this.blocks.push({ ...block, id });
  }

  addEntry(entry: Entry): void {
    if (entry.type === 'param') this.#params.set(entry.key, entry);
    else this.#entries.push(entry);
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
    if (query.newest !== true) return found.slice(offset, offset + limit);
    const end = Math.max(0, found.length - offset);
    return found.slice(Math.max(0, end - limit), end);
  }

  #sortedParams(): Param[] {
    return [...this.#params.values()].sort((a, b) => compareText(a.key, b.key));
  }
}

/** All points of a series in its order: incarnations ascending, then seq. */
export function pointsInOrder(series: MemorySeries): PointList {
  const out = new PointList();
  const tracks = [...series.tracks.values()].sort((a, b) => compareText(a.incarnation, b.incarnation));
  for (const track of tracks) out.append(track.points.sorted());
  return out;
}
