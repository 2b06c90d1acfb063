// What a search must find among planned runs: the same trees and numbers, read by the predicate with no store in between.

import type { JsonValue, Param } from '../protocol/events.js';
import { CandidateSearch } from '../storage/search/candidates.js';
import { factsOf } from '../storage/search/facts.js';
import { type FactTrack, metricFacts } from '../storage/search/metric-facts.js';
import type { SearchQuery, Shown } from '../storage/search/query.js';
import { TrackStats } from '../storage/series/track-stats.js';
import type { RunRecord } from '../storage/store.js';
import { sampleRecord } from './sample-run.js';
import type { SampleRunPlan } from './search-samples.js';

export function recordOf(runId: string, plan: SampleRunPlan): RunRecord {
  return sampleRecord(runId, plan.record);
}

/** Runs by id, and the values asked for of each. */
export interface Found {
  readonly ids: string[];
  readonly values: Shown[][];
}

/** All that the search finds among the planned runs, as the predicate says. */
export function expectedRuns(ids: readonly string[], plans: readonly SampleRunPlan[], query: Omit<SearchQuery, 'cursor' | 'limit'>): Found {
  const search = new CandidateSearch<string>({ ...query, limit: 10_000 });
  for (const [at, plan] of plans.entries()) {
    const runId = ids[at] as string;
    const params = (): Param[] => plan.params.map(([key, value], order) => paramOf(runId, key, value, order));
    const metricsOf = (key: string) => metricFacts(tracksOf(runId, plan)).filter((fact) => fact.key === key);
    search.offer(runId, factsOf(recordOf(runId, plan), params, metricsOf));
  }
  const { runs, values } = search.page([]);
  return { ids: runs, values };
}

function paramOf(runId: string, key: string, value: JsonValue, seq: number): Param {
  return { type: 'param', runId, worker: '', incarnation: 'a', seq, ts: 0, key, value };
}

/** The tracks that the points of the plan make. */
function tracksOf(runId: string, { params, points }: SampleRunPlan): FactTrack[] {
  const tracks = new Map<string, FactTrack>();
  for (const [at, { key, value, phase, worker, incarnation }] of points.entries()) {
    const name = JSON.stringify([key, phase, worker, incarnation]);
    const track = tracks.get(name) ?? { id: { runId, worker, key, phase, aggregation: '' }, incarnation, stats: new TrackStats() };
    tracks.set(name, track);
    const seq = params.length + at + 1;
    track.stats.add(seq, Number.NaN, Number.NaN, 1_700_000_000_000_000 + seq * 1_000, value);
  }
  return [...tracks.values()];
}
