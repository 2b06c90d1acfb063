// What of a run lies in no sealed chunk yet, track by track: the open tails that every durable store keeps in memory.

import type { SeriesId } from '../series/series.js';
import type { TrackStats } from '../series/track-stats.js';
import { decodeText } from '../text.js';
import { PointList } from './point-list.js';

/** One incarnation of one series, with its points that lie in no sealed chunk. */
export interface OpenTrack {
  /** tracks.id */
  readonly row: number;
  readonly id: SeriesId;
  readonly incarnation: string;
  readonly tail: PointList;
  stats: TrackStats;
  /** chunks.id of its open row; 0: none. */
  openRow: number;
  /** True while the points of the open row are not yet in `tail`: see loadTail. */
  pending: boolean;
}

/** Tails are written down after so many raw bytes or events, whichever comes first: what a rebuild replays at most … */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
const CHECKPOINT_EVENTS = 32_768;
/** … or, for runs of thousands of series, after so many events per changed tail: a row a tail must not cost more than the events. */
const EVENTS_PER_DIRTY_TAIL = 16;
/** Memory that the tails of one run may hold (bytes); over it, longer ones are sealed early. */
const TAIL_MEMORY = 64 * 1024 * 1024;
/** Tails of at least so many points are sealed early. */
const EARLY_SEAL = 128;

export class RunTails {
  /** runs.id */
  readonly row: number;
  readonly runId: string;
  /** The newest block that the tails hold. */
  lastBlock = 0;
  readonly tracks = new Map<string, OpenTrack>();
  /** Tracks whose open row or stats lag behind. */
  readonly dirty = new Set<OpenTrack>();
  /** Raw bytes and events in blocks since the open rows were written. */
  bytesSince = 0;
  eventsSince = 0;
  /** True where the run's row says that a search must ask the tails: what is written down of its metrics lags behind. */
  unsettled = false;

  constructor(row: number, runId: string) {
    this.row = row;
    this.runId = runId;
  }

  /** True when the tails should be written down. */
  get due(): boolean {
    const events = Math.max(CHECKPOINT_EVENTS, this.dirty.size * EVENTS_PER_DIRTY_TAIL);
    return this.eventsSince >= events || this.bytesSince >= CHECKPOINT_BYTES * (events / CHECKPOINT_EVENTS);
  }

  /** They are written down: nothing lags behind any more. */
  settled(): void {
    this.dirty.clear();
    this.bytesSince = 0;
    this.eventsSince = 0;
  }

  /** The tails to seal early, where a run of very many series holds too much memory in them. */
  get oversized(): OpenTrack[] {
    let held = 0;
    for (const track of this.tracks.values()) held += track.tail.capacityBytes;
    return held <= TAIL_MEMORY ? [] : [...this.tracks.values()].filter(({ tail }) => tail.length >= EARLY_SEAL);
  }
}

/** A track as it is stored. */
export interface TrackRow {
  readonly id: number;
  readonly key: string;
  readonly phase: string;
  readonly worker: string;
  readonly aggregation: string;
  readonly incarnation: string;
}

/** The track of a stored row, its tail still empty. */
export function openTrack(runId: string, stored: TrackRow, stats: TrackStats): OpenTrack {
  return {
    row: stored.id,
    id: {
      runId,
      worker: decodeText(stored.worker),
      key: decodeText(stored.key),
      phase: stored.phase as SeriesId['phase'],
      aggregation: stored.aggregation as SeriesId['aggregation'],
    },
    incarnation: decodeText(stored.incarnation),
    tail: new PointList(),
    stats,
    openRow: 0,
    pending: false,
  };
}

/** Names one track within its run. */
export type TrackName = Pick<SeriesId, 'worker' | 'key' | 'phase' | 'aggregation'> & { readonly incarnation: string };

/** A key for Maps; lengths keep different names apart, whatever characters they hold. */
export function trackKey(name: TrackName): string {
  const { worker, incarnation } = name;
  return `${name.phase}|${name.aggregation}|${worker.length}|${worker}${incarnation.length}|${incarnation}${name.key}`;
}
