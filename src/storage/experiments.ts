// The experiments that there are, in figures: the same order and the same meaning of live in every backend.

import { isFinal } from '../protocol/events.js';
import type { ExperimentSummary, RunRecord } from './store.js';
import { compareText } from './text.js';

/** The one in which a run was started last comes first. */
export function inOrder(experiments: readonly ExperimentSummary[]): ExperimentSummary[] {
  const startOf = ({ lastStartedAt }: ExperimentSummary): number => lastStartedAt ?? Number.NEGATIVE_INFINITY;
  const nameOf = ({ experimentId }: ExperimentSummary): string => experimentId ?? '\u{10ffff}';
  // Both may be minus infinity, whose difference is NaN.
  return [...experiments].sort((a, b) => startOf(b) - startOf(a) || compareText(nameOf(a), nameOf(b)));
}

export function summariseExperiments(runs: Iterable<RunRecord>): ExperimentSummary[] {
  const all = new Map<string | null, ExperimentSummary>();
  for (const { experimentId, status, startedAt } of runs) {
    const before = all.get(experimentId) ?? { experimentId, runs: 0, live: 0, lastStartedAt: null };
    all.set(experimentId, {
      experimentId,
      runs: before.runs + 1,
      live: before.live + (isFinal(status) ? 0 : 1),
      lastStartedAt: startedAt === null ? before.lastStartedAt : Math.max(startedAt, before.lastStartedAt ?? startedAt),
    });
  }
  return inOrder([...all.values()]);
}
