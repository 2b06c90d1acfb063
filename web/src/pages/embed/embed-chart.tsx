// One metric on the small page: read at the resolution of its window, and again while the run goes on.

import { useComputedColorScheme } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactElement, useMemo, useState } from 'react';
import { getJson, queryOf, segment } from '../../api/client';
import { reviveSeries } from '../../api/series';
import type { Series } from '../../api/types';
import type { ChartRange } from '../../charts/series/chart-series';
import { toChartSeries } from '../../charts/series/from-api';
import { SeriesChart } from '../../charts/series-chart';
import { looksFor } from '../run/charts/curve-looks';
import { axisOf } from '../run/charts/metric-groups';
import type { EmbedChartSpec } from './embed-metrics';

/** Pixels of the plot. */
const HEIGHT = 150;
const MOST_POINTS = 600;

interface EmbedChartProps {
  readonly runId: string;
  readonly spec: EmbedChartSpec;
}

export function EmbedChart({ runId, spec: { key, series } }: EmbedChartProps): ReactElement {
  const [range, setRange] = useState<ChartRange | null>(null);
  const scheme = useComputedColorScheme('light');
  const axis = axisOf(series, 'step');
  const { data } = useQuery({
    queryKey: ['run', runId, 'series', key, axis, range],
    queryFn: async ({ signal }) => {
      const query = queryOf({ key, by: axis, maxPoints: MOST_POINTS, from: range?.from, to: range?.to });
      const answer = await getJson<{ readonly series: readonly Series[] }>(`/runs/${segment(runId)}/series${query}`, signal);
      return answer.series.map(reviveSeries);
    },
    placeholderData: keepPreviousData,
  });
  const looksOf = useMemo(() => looksFor(series, false, scheme), [series, scheme]);
  const curves = useMemo(() => (data ?? []).map((one) => toChartSeries(one, axis, looksOf(one))), [data, axis, looksOf]);
  return <SeriesChart series={curves} xAxis={axis} title={key} height={HEIGHT} syncKey={`embed ${axis}`} range={range} onZoom={setRange} />;
}
