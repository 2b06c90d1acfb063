// One metric of all runs: a curve each, or a mean with its band for each group.

import { useComputedColorScheme } from '@mantine/core';
import { type ReactElement, useMemo, useState } from 'react';
import { formatPlace } from '../../../charts/plot/values';
import type { ChartMark, ChartRange, ChartSeries } from '../../../charts/series/chart-series';
import { SeriesChart } from '../../../charts/series-chart';
import { ErrorState } from '../../../components/error-state';
import { plural } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import classes from '../compare.module.css';
import type { CompareState } from '../compare-state';
import type { ComparedRun } from '../compared';
import type { ComparedMetric, Quantity } from '../quantities';
import { type DrawnGroup, groupCurves, sayBehind } from './chart-curves';
import { groupsOf } from './run-groups';
import { type MetricCurves, useMetricCurves } from './use-metric-curves';

export interface MetricChartProps {
  readonly metric: ComparedMetric;
  /** All of them, in the order of the values of `by`. */
  readonly all: readonly ComparedRun[];
  readonly shown: readonly ComparedRun[];
  /** What they are grouped by; undefined: each by itself. */
  readonly by: Quantity | undefined;
  readonly marks: readonly ChartMark[];
  readonly state: CompareState;
  readonly height: number;
  /** The run in hand: the curves of the others are drawn paler. */
  readonly highlighted: string | null;
}

const NO_GROUPS: readonly DrawnGroup[] = [];

export function MetricChart({ metric, all, shown, by, marks, state, height, highlighted }: MetricChartProps): ReactElement {
  const [range, setRange] = useState<ChartRange | null>(null);
  const scheme = useComputedColorScheme('light');
  const curves = useMetricCurves(metric, shown, state.x, range);
  const groups = useMemo(
    () => (by === undefined ? NO_GROUPS : groupCurves(groupsOf(by, all, scheme), curves.own, state.band)),
    [by, all, scheme, curves.own, state.band],
  );
  const series = useMemo(
    (): readonly ChartSeries[] =>
      by === undefined ? curves.own.map(({ curve }) => behind(curve, highlighted)) : groups.map(({ curve }) => curve),
    [by, curves.own, groups, highlighted],
  );
  return (
    <div className={classes.chart}>
      <SeriesChart
        title={metric.name}
        series={series}
        xAxis={state.x}
        height={height}
        logX={state.logX}
        logY={state.logY}
        smoothing={state.smoothing}
        syncKey="compare"
        range={range}
        onZoom={setRange}
        marks={marks}
      />
      <Below curves={curves} groups={groups} state={state} runs={shown.length} />
    </div>
  );
}

function behind(curve: ChartSeries, highlighted: string | null): ChartSeries {
  return highlighted === null || curve.id === highlighted ? curve : { ...curve, faint: true };
}

interface BelowProps {
  readonly curves: MetricCurves;
  readonly groups: readonly DrawnGroup[];
  readonly state: CompareState;
  readonly runs: number;
}

/** How many runs stand behind what is drawn. */
function Below({ curves: { own, error, isLoading, refetch }, groups, state, runs }: BelowProps): ReactElement | null {
  if (error !== null && own.length === 0) return <ErrorState error={error} onRetry={refetch} />;
  if (isLoading) return <LoadingState label="Reading the curves…" />;
  if (runs > 0 && own.length === 0) return <p className={classes.dim}>None of the runs shown has points of it along this axis.</p>;
  if (groups.length === 0)
    return own.length < runs ? (
      <p className={classes.dim}>
        {own.length} of {plural(runs, 'run')} {own.length === 1 ? 'has' : 'have'} it.
      </p>
    ) : null;
  return (
    <ul className={classes.behind} aria-label="Runs behind each mean">
      {groups.map(({ label, behind, curve }) => (
        <li key={label}>
          <span className={classes.key} style={{ background: curve.colour }} />
          {label}: {sayBehind(behind, (x) => formatPlace(state.x === 'epoch' ? x : Math.round(x), state.x))}
        </li>
      ))}
    </ul>
  );
}
