// One metric as a chart, put together only while it is on the screen.

import { ActionIcon } from '@mantine/core';
import { memo, type ReactElement, useCallback, useMemo } from 'react';
import { AXIS_NAMES } from '../../../charts/plot/values';
import type { ChartMark, ChartRange } from '../../../charts/series/chart-series';
import { placeMarks } from '../../../charts/series/place-marks';
import { SeriesChart } from '../../../charts/series-chart';
import { useVisible } from '../../../charts/use-visible';
import { ErrorState } from '../../../components/error-state';
import { LoadingState } from '../../../components/loading-state';
import classes from './charts.module.css';
import { type ChartsShared, useCharts } from './charts-context';
import { looksFor } from './curve-looks';
import { type MetricChartSpec, workersOf } from './metric-groups';
import { useMetricSeries } from './use-metric-series';

const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/_?bytes_per_s$/, 'B/s'],
  [/_?bytes$/, 'B'],
  [/_?(percent|pct)$/, '%'],
  [/_?celsius$/, '°C'],
  [/_?watts?$/, 'W'],
  [/_?seconds$/, 's'],
  [/_ms$/, 'ms'],
];

export function unitOf(key: string): string {
  return ENDINGS.find(([ending]) => ending.test(key))?.[1] ?? '';
}

/** px of the plot. */
const HEIGHT = { usual: 220, expanded: 460 } as const;
/** px of title, legend and foot, so that the page does not move when the chart comes. */
const AROUND = 84;
/** px of a chart's width that its axis and the card round it take. */
const BESIDE = 80;
/** One point for each px of the plot; in steps, so that a small change of the window asks for the same. */
const POINTS = { step: 50, least: 200, most: 2_000 } as const;
const NO_MARKS: readonly ChartMark[] = [];

export const MetricChart = memo(function MetricChart({ spec }: { readonly spec: MetricChartSpec }): ReactElement {
  const { settings } = useCharts();
  const [ref, isVisible] = useVisible();
  const isExpanded = settings.expanded === spec.id;
  const height = isExpanded ? HEIGHT.expanded : HEIGHT.usual;
  return (
    <div ref={ref} className={classes.card} data-expanded={isExpanded ? '' : undefined} style={{ minHeight: height + AROUND }}>
      {isVisible ? <VisibleChart spec={spec} isExpanded={isExpanded} height={height} /> : <h3 className={classes.later}>{spec.title}</h3>}
    </div>
  );
});

interface VisibleChartProps {
  readonly spec: MetricChartSpec;
  readonly isExpanded: boolean;
  readonly height: number;
}

function VisibleChart({ spec, isExpanded, height }: VisibleChartProps): ReactElement {
  const { run, settings, change, marks, origin, scheme, width } = useCharts();
  const isMerged = settings.workers !== 'each' && workersOf(spec.series) > 1;
  const looksOf = useMemo(() => looksFor(spec.series, isMerged, scheme), [spec.series, isMerged, scheme]);
  const maxPoints = pointsFor(isExpanded ? width.expanded : width.chart);
  const { series, axis, anchors, isReady, error, retry } = useMetricSeries({ spec, isMerged, maxPoints, looksOf });
  const placed = useMemo(
    () => (settings.marks && marks.length > 0 ? placeMarks(marks, axis, origin, anchors) : NO_MARKS),
    [settings.marks, marks, axis, origin, anchors],
  );
  const isOnAxis = axis === settings.x;
  const zoom = useCallback((range: ChartRange | null) => change({ range }), [change]);
  const expand = useMemo(() => <ExpandButton spec={spec} isExpanded={isExpanded} change={change} />, [spec, isExpanded, change]);
  if (error !== null && !isReady) return <ErrorState error={error} onRetry={retry} />;
  if (!isReady) return <LoadingState label={spec.title} />;
  return (
    <SeriesChart
      series={series}
      xAxis={axis}
      title={isOnAxis ? spec.title : `${spec.title}, by ${AXIS_NAMES[axis].toLowerCase()}`}
      unit={unitOf(spec.key)}
      height={height}
      marks={placed}
      logX={settings.logX && axis !== 'time'}
      logY={settings.logY}
      smoothing={settings.smoothing}
      syncKey={`${run.runId} ${axis}`}
      {...(isOnAxis && { range: settings.range, onZoom: zoom })}
      actions={expand}
    />
  );
}

interface ExpandButtonProps {
  readonly spec: MetricChartSpec;
  readonly isExpanded: boolean;
  readonly change: ChartsShared['change'];
}

function ExpandButton({ spec, isExpanded, change }: ExpandButtonProps): ReactElement {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      aria-label={isExpanded ? `Make ${spec.title} small` : `Give ${spec.title} the full width`}
      aria-pressed={isExpanded}
      onClick={() => change({ expanded: isExpanded ? null : spec.id })}
    >
      <span aria-hidden="true">{isExpanded ? '⤡' : '⤢'}</span>
    </ActionIcon>
  );
}

function pointsFor(width: number): number {
  return Math.min(POINTS.most, Math.max(POINTS.least, Math.ceil((width - BESIDE) / POINTS.step) * POINTS.step));
}
