// Reads one metric of all runs shown, at the resolution that so many curves need, and anew for each stretch zoomed into.

import { useMemo } from 'react';
import { useSeries } from '../../../api/hooks';
import type { ChartAxis, ChartRange } from '../../../charts/series/chart-series';
import { toServerRange } from '../../../charts/series/from-api';
import type { ComparedRun } from '../compared';
import type { ComparedMetric } from '../quantities';
import { type OwnCurve, ownCurves } from './chart-curves';

/** Places of all curves of a chart together: enough for every pixel of a few, and few enough for a hundred. */
const PLACES = 60_000;

export interface MetricCurves {
  readonly own: readonly OwnCurve[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

export function useMetricCurves(
  metric: ComparedMetric,
  runs: readonly ComparedRun[],
  axis: ChartAxis,
  range: ChartRange | null,
): MetricCurves {
  const { key, phase } = metric;
  const queries = useMemo(() => runs.map(({ runId }) => ({ runId, key, phase })), [runs, key, phase]);
  const maxPoints = Math.round(Math.min(1_000, Math.max(200, PLACES / Math.max(1, runs.length))));
  const { data, isLoading, error, refetch, isPlaceholderData } = useSeries(queries, {
    by: axis,
    maxPoints,
    aggregate: 'mean',
    ...(range !== null && toServerRange(range, axis)),
  });
  const own = useMemo(
    () => (data === undefined ? [] : curvesOf(data, runs, phase, axis, isPlaceholderData)),
    [data, runs, phase, axis, isPlaceholderData],
  );
  return { own, isLoading, error, refetch };
}

/** An answer to the question before is kept while the next is on its way; its runs may be others, so that each is found by its id. */
function curvesOf(
  data: NonNullable<ReturnType<typeof useSeries>['data']>,
  runs: readonly ComparedRun[],
  phase: string,
  axis: ChartAxis,
  isOld: boolean,
): OwnCurve[] {
  if (!isOld) return ownCurves(runs, data, phase, axis);
  const byRun = new Map(data.flatMap((all) => (all[0] === undefined ? [] : [[all[0].runId, all] as const])));
  return ownCurves(
    runs,
    runs.map(({ runId }) => byRun.get(runId) ?? []),
    phase,
    axis,
  );
}
