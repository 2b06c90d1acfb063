// One metric of the runs drawn: a curve for each run and phase, or a mean with its band for each group; read when it comes into view.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { memo, type ReactElement, useMemo, useState } from 'react';
import type { Series } from '../../../api/types';
import type { ChartAxis, ChartRange, ChartSeries } from '../../../charts/series/chart-series';
import { toChartSeries, toServerRange } from '../../../charts/series/from-api';
import { SeriesChart } from '../../../charts/series-chart';
import { useVisible } from '../../../charts/use-visible';
import { ErrorState } from '../../../components/error-state';
import { groupCurves, type OwnCurve, type RunGroup } from '../../compare/series/chart-curves';
import type { SeriesBatcher } from '../../run/charts/series-batcher';
import type { CurvesView } from '../view/view-state';
import type { DrawnRuns } from './drawn-runs';
import classes from './workspace.module.css';

/** px of the plot, and what stands around it. */
const HEIGHT = 200;
const AROUND = 96;
/** Places of all curves of a chart together. */
const PLACES = 12_000;
const PHASES = ['', 'train', 'val', 'test'];

export interface WorkspaceChartProps {
  readonly metricKey: string;
  readonly title: string;
  readonly drawn: DrawnRuns;
  readonly curves: CurvesView;
  readonly batcher: SeriesBatcher;
  /** The run in hand: the curves of the others are drawn paler. */
  readonly highlighted: string | null;
}

export const WorkspaceChart = memo(function WorkspaceChart(props: WorkspaceChartProps): ReactElement {
  const [watch, isVisible] = useVisible();
  return (
    <div ref={watch} className={classes.card} style={{ minHeight: HEIGHT + AROUND }}>
      {isVisible ? <VisibleChart {...props} /> : <h3 className={classes.later}>{props.title}</h3>}
    </div>
  );
});

function VisibleChart({ metricKey, title, drawn, curves, batcher, highlighted }: WorkspaceChartProps): ReactElement {
  const [range, setRange] = useState<ChartRange | null>(null);
  const { runs, groups } = drawn;
  const ids = useMemo(() => runs.map(({ runId }) => runId), [runs]);
  const window = range === null ? null : toServerRange(range, curves.x);
  const maxPoints = Math.round(Math.min(600, Math.max(100, PLACES / Math.max(1, ids.length))));
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey: ['series', 'workspace', metricKey, ids, curves.x, window, maxPoints],
    queryFn: async () => {
      const options = { by: curves.x, maxPoints, aggregate: 'mean' as const, ...window };
      const found = await Promise.all(ids.map((runId) => batcher.load({ runId, key: metricKey }, options)));
      return new Map(ids.map((runId, at) => [runId, found[at] ?? []]));
    },
    placeholderData: keepPreviousData,
    structuralSharing: false,
  });
  const own = useMemo(() => (data === undefined ? [] : ownOf(drawn, data, curves.x)), [data, drawn, curves.x]);
  const series = useMemo(() => (groups === null ? own.map(({ curve }) => curve) : bandsOf(groups, own)), [groups, own]);
  const shown = useMemo(
    () =>
      highlighted === null || groups !== null
        ? series
        : series.map((one) => (one.id.startsWith(`${highlighted} `) ? one : { ...one, faint: true })),
    [series, highlighted, groups],
  );
  if (error !== null && data === undefined) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div data-old={isPlaceholderData || undefined} className={classes.drawn}>
      <SeriesChart
        title={title}
        series={shown}
        xAxis={curves.x}
        height={HEIGHT}
        logY={curves.logY}
        smoothing={curves.smoothing}
        ignoreOutliers={curves.outliers === 'ignore'}
        syncKey="workspace"
        range={range}
        onZoom={setRange}
      />
    </div>
  );
}

/** A curve for each run and phase; where there are several phases, those behind the first are dashed. */
function ownOf({ runs }: DrawnRuns, found: ReadonlyMap<string, readonly Series[]>, axis: ChartAxis): OwnCurve[] {
  const phases = [...new Set([...found.values()].flat().map(({ phase }) => phase))].sort((a, b) => PHASES.indexOf(a) - PHASES.indexOf(b));
  return runs.flatMap((run) =>
    (found.get(run.runId) ?? []).flatMap((series) => {
      if (series.superseded || series.x.length === 0) return [];
      const label = phases.length > 1 && series.phase !== '' ? `${run.name} ${series.phase}` : run.name;
      const curve = toChartSeries(series, axis, {
        ...{ id: `${run.runId} ${series.phase}`, label, colour: run.colour, dashed: phases.indexOf(series.phase) > 0 },
      });
      return curve.x.length === 0 ? [] : [{ run, curve }];
    }),
  );
}

function bandsOf(groups: readonly RunGroup[], own: readonly OwnCurve[]): ChartSeries[] {
  return groupCurves(groups, own, 'std').map(({ curve }) => curve);
}
