// The curves of one chart: read at the resolution that the chart has, then grown by what the live stream brings until they no longer fit.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useMemo, useReducer } from 'react';
import type { Series, SeriesOptions, SeriesSummary } from '../../../api/types';
import { memoryOf } from '../../../charts/plot/scene';
import type { ChartAxis, ChartRange, ChartSeries } from '../../../charts/series/chart-series';
import { type Looks, toServerRange } from '../../../charts/series/from-api';
import type { Anchors } from '../../../charts/series/place-marks';
import { useCharts } from './charts-context';
import { LiveCurves, type LiveCurvesOptions } from './live-curves';
import { axisOf, type MetricChartSpec, placesFor } from './metric-groups';

export interface MetricSeries {
  readonly series: readonly ChartSeries[];
  /** That the curves lie on; until new ones are there it is the one of the old. */
  readonly axis: ChartAxis;
  readonly anchors: Anchors;
  readonly isReady: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
}

export interface MetricSeriesOptions {
  readonly spec: MetricChartSpec;
  readonly isMerged: boolean;
  readonly maxPoints: number;
  readonly looksOf: (series: Series) => Looks;
}

/** ms between two readings of a chart whose run goes on. */
const PACE_MS = 1_000;
/** Share of the window that is read beyond each end, so that lines reach the edges. */
const BEYOND = 0.02;
/** Points of one answer, and times those of the window where more than it is read. */
const MOST_POINTS = 10_000;
const MOST_WIDER = 4;
const NOTHING: readonly ChartSeries[] = [];
const NO_ANCHORS: Anchors = { ts: [], x: [] };

export function useMetricSeries({ spec, isMerged, maxPoints: most, looksOf }: MetricSeriesOptions): MetricSeries {
  const { run, settings, readRange, batcher, feed, origin } = useCharts();
  const axis = axisOf(spec.series, settings.x);
  const window =
    axis === settings.x && readRange !== null ? widened(readRange, memoryOf(settings.smoothing) * spacingOf(spec.series, axis)) : null;
  const aggregate = isMerged && settings.workers !== 'each' ? settings.workers : null;
  const wider =
    window === null || readRange === null ? most : Math.ceil((most * (window.to - window.from)) / (readRange.to - readRange.from));
  const room = Math.min(MOST_POINTS, most * MOST_WIDER, wider);
  const maxPoints = aggregate === null ? room : placesFor(spec.series, axis, window, room);
  const options: SeriesOptions = {
    by: axis,
    maxPoints,
    ...(window !== null && toServerRange(window, axis)),
    ...(aggregate !== null && { aggregate }),
    ...(settings.superseded && { superseded: 'show' as const }),
  };
  const query = { runId: run.runId, key: spec.key, ...(spec.phase !== null && { phase: spec.phase }) };
  const { data, error, refetch } = useQuery({
    queryKey: ['series', run.runId, query, options],
    queryFn: async (): Promise<LiveCurvesOptions> => {
      const askedAt = Date.now();
      const series = await batcher.load(query, options);
      return { series, axis, to: window?.to ?? null, askedAt, readAt: Date.now(), origin, maxPoints, aggregate };
    },
    placeholderData: keepPreviousData,
    // Comparing columns of thousands of numbers with the ones before costs more than drawing them.
    structuralSharing: false,
    staleTime: run.live ? 0 : Number.POSITIVE_INFINITY,
  });
  const curves = useMemo(() => {
    if (data === undefined) return null;
    const made = new LiveCurves(data);
    made.add(feed.recent(spec.key));
    return made;
  }, [data, feed, spec.key]);
  const version = useGrowth(spec.key, curves, refetch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the curves change in place, and the version says when
  const series = useMemo(() => curves?.toSeries(looksOf) ?? NOTHING, [curves, version, looksOf]);
  return {
    series,
    axis: data?.axis ?? axis,
    anchors: curves?.anchors ?? NO_ANCHORS,
    isReady: data !== undefined,
    error,
    retry: () => void refetch(),
  };
}

/** Adds what comes in; the number changes when the curves did. */
function useGrowth(key: string, curves: LiveCurves | null, refetch: () => unknown): number {
  const { run, feed } = useCharts();
  const [version, grow] = useReducer((before: number) => before + 1, 0);
  const readAnew = useEffectEvent(refetch);
  const current = useEffectEvent(() => curves);
  useEffect(() => {
    if (!run.live) return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const leave = feed.listen(key, (points) => {
      const isStale = current()?.add(points) ?? false;
      grow();
      if (!isStale) return;
      timer ??= setTimeout(() => {
        timer = null;
        readAnew();
      }, PACE_MS);
    });
    return () => {
      leave();
      if (timer !== null) clearTimeout(timer);
    };
  }, [run.live, feed, key]);
  return version;
}

/** `before`: how far what lies before the window still bears on what is smoothed in it. */
function widened({ from, to }: ChartRange, before: number): ChartRange {
  const beyond = (to - from) * BEYOND;
  return { from: from - Math.max(beyond, before), to: to + beyond };
}

/** Distance of two points on an axis, on average; 0 where that is not known. */
function spacingOf(series: readonly SeriesSummary[], axis: ChartAxis): number {
  const spacings = series.map(({ first, last, count }) => {
    const [from, to] =
      axis === 'step' ? [first.step, last.step] : axis === 'epoch' ? [first.epoch, last.epoch] : [first.ts / 1e6, last.ts / 1e6];
    return from === null || to === null || count < 2 ? 0 : Math.max(0, to - from) / (count - 1);
  });
  return Math.max(0, ...spacings);
}
