// Count, extremes and both ends of one incarnation of one series, kept up point by point, so that listing reads no history.

import { compareText } from '../text.js';
import type { Point, SeriesId, SeriesSummary } from './series.js';

/** Numbers in the packed form (docs/format/chunk.md). */
const PACKED = 13;

/** Running summary of a track. The first and last point are those of the lowest and highest seq. */
export class TrackStats {
  count = 0;
  /** Over finite values; NaN when there is none. */
  min = Number.NaN;
  max = Number.NaN;
  firstSeq = Number.POSITIVE_INFINITY;
  firstStep = Number.NaN;
  firstEpoch = Number.NaN;
  firstTs = 0;
  firstValue = Number.NaN;
  lastSeq = Number.NEGATIVE_INFINITY;
  lastStep = Number.NaN;
  lastEpoch = Number.NaN;
  lastTs = 0;
  lastValue = Number.NaN;

  add(seq: number, step: number, epoch: number, ts: number, value: number): void {
    this.count += 1;
    if (value - value === 0) {
      if (!(value >= this.min)) this.min = value;
      if (!(value <= this.max)) this.max = value;
    }
    if (seq > this.lastSeq) {
      this.lastSeq = seq;
      this.lastStep = step;
      this.lastEpoch = epoch;
      this.lastTs = ts;
      this.lastValue = value;
    }
    if (seq >= this.firstSeq) return;
    this.firstSeq = seq;
    this.firstStep = step;
    this.firstEpoch = epoch;
    this.firstTs = ts;
    this.firstValue = value;
  }

  pack(): Float64Array {
    return Float64Array.of(
      this.count,
      this.min,
      this.max,
      this.firstSeq,
      this.firstStep,
      this.firstEpoch,
      this.firstTs,
      this.firstValue,
      this.lastSeq,
      this.lastStep,
      this.lastEpoch,
      this.lastTs,
      this.lastValue,
    );
  }

  /** Undoes `pack`; an empty array gives the stats of no point. */
  static unpack(packed: Float64Array): TrackStats {
    const stats = new TrackStats();
    if (packed.length < PACKED) return stats;
    const field = (at: number): number => packed[at] as number;
    stats.count = field(0);
    stats.min = field(1);
    stats.max = field(2);
    stats.firstSeq = field(3);
    stats.firstStep = field(4);
    stats.firstEpoch = field(5);
    stats.firstTs = field(6);
    stats.firstValue = field(7);
    stats.lastSeq = field(8);
    stats.lastStep = field(9);
    stats.lastEpoch = field(10);
    stats.lastTs = field(11);
    stats.lastValue = field(12);
    return stats;
  }
}

/** One incarnation's share of a series. */
export interface TrackShare {
  readonly incarnation: string;
  readonly stats: TrackStats;
}

/** The whole series from its incarnations (at least one with a point). */
export function summarise(id: SeriesId, shares: readonly TrackShare[]): SeriesSummary {
  const ordered = shares.filter((share) => share.stats.count > 0).sort((a, b) => compareText(a.incarnation, b.incarnation));
  const stats = ordered.map((share) => share.stats);
  const extreme = (values: number[], pick: (...values: number[]) => number): number => {
    const finite = values.filter((value) => !Number.isNaN(value));
    return finite.length === 0 ? Number.NaN : pick(...finite);
  };
  return {
    ...id,
    count: stats.reduce((sum, share) => sum + share.count, 0),
    min: extreme(
      stats.map((share) => share.min),
      Math.min,
    ),
    max: extreme(
      stats.map((share) => share.max),
      Math.max,
    ),
    first: firstPoint(stats[0] ?? new TrackStats()),
    last: lastPoint(stats.at(-1) ?? new TrackStats()),
  };
}

/** Order of listSeries: key, phase, worker, then aggregation. */
export function compareSeries(a: SeriesId, b: SeriesId): number {
  return (
    compareText(a.key, b.key) ||
    compareText(a.phase, b.phase) ||
    compareText(a.worker, b.worker) ||
    compareText(a.aggregation, b.aggregation)
  );
}

function firstPoint(stats: TrackStats): Point {
  return { step: orNull(stats.firstStep), epoch: orNull(stats.firstEpoch), ts: stats.firstTs, value: stats.firstValue };
}

function lastPoint(stats: TrackStats): Point {
  return { step: orNull(stats.lastStep), epoch: orNull(stats.lastEpoch), ts: stats.lastTs, value: stats.lastValue };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
