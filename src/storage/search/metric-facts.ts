// What a search knows of a run's metrics: one row per key and phase over all workers, and one per key over everything.

import type { Phase } from '../../protocol/events.js';
import type { SeriesId, SeriesSummary } from '../series/series.js';
import { compareSeries, summarise, type TrackStats } from '../series/track-stats.js';

/** The phase of the row that covers all of them. */
export const ANY_PHASE = '*';

export interface MetricFact {
  readonly key: string;
  readonly phase: Phase | typeof ANY_PHASE;
  readonly count: number;
  /** NaN: no finite value. */
  readonly min: number;
  readonly max: number;
  /** Of the point logged first, and last, by the clocks of the workers. May be NaN or infinite. */
  readonly first: number;
  readonly last: number;
}

/** One incarnation's share of a series, as every store holds it. */
export interface FactTrack {
  readonly id: SeriesId;
  readonly incarnation: string;
  readonly stats: TrackStats;
}

/** The facts of one run, or of those of its keys that are given. Every track of a key must be there. */
export function metricFacts(tracks: Iterable<FactTrack>): MetricFact[] {
  const byKey = new Map<string, Map<string, FactTrack[]>>();
  for (const track of tracks) {
    if (track.stats.count === 0) continue;
    const { key, phase, worker, aggregation } = track.id;
    const series = entryOf(byKey, key, () => new Map<string, FactTrack[]>());
    entryOf(series, JSON.stringify([phase, worker, aggregation]), (): FactTrack[] => []).push(track);
  }
  return [...byKey].flatMap(([key, series]) => factsOfKey(key, [...series.values()]));
}

export type FactsByKey = ReadonlyMap<string, readonly MetricFact[]>;

/** Of a run that is being written: its row, and what is known of the metrics that were asked for. */
export interface UnsettledMetrics {
  readonly id: number;
  readonly metrics: FactsByKey;
}

export function factsByKey(tracks: Iterable<FactTrack>): FactsByKey {
  const byKey = new Map<string, MetricFact[]>();
  for (const fact of metricFacts(tracks)) entryOf(byKey, fact.key, (): MetricFact[] => []).push(fact);
  return byKey;
}

function factsOfKey(key: string, series: readonly (readonly FactTrack[])[]): MetricFact[] {
  const summaries = series.map((tracks) => summarise((tracks[0] as FactTrack).id, tracks)).sort(compareSeries);
  const phases = new Set(summaries.flatMap(({ phase }) => (phase === '' ? [] : [phase])));
  const named = [...phases].map((phase) =>
    mergeSeries(
      key,
      phase,
      summaries.filter((one) => one.phase === phase),
    ),
  );
  return [mergeSeries(key, ANY_PHASE, summaries), ...named];
}

/** Several series as if they were one. */
export function mergeSeries(key: string, phase: MetricFact['phase'], series: readonly SeriesSummary[]): MetricFact {
  const fact = { key, phase, count: 0, min: Number.NaN, max: Number.NaN, first: Number.NaN, last: Number.NaN };
  let firstTs = Number.POSITIVE_INFINITY;
  let lastTs = Number.NEGATIVE_INFINITY;
  for (const { count, min, max, first, last } of series) {
    fact.count += count;
    if (!(min >= fact.min)) fact.min = Number.isNaN(min) ? fact.min : min;
    if (!(max <= fact.max)) fact.max = Number.isNaN(max) ? fact.max : max;
    if (first.ts < firstTs) {
      firstTs = first.ts;
      fact.first = first.value;
    }
    if (last.ts >= lastTs) {
      lastTs = last.ts;
      fact.last = last.value;
    }
  }
  return fact;
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
