// The System tab: what the machine and the processes did while the run went on.

import { useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { type ReactElement, useMemo } from 'react';
import { useRunMetrics } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import { seriesColour } from '../../../charts/plot/palette';
import { SeriesChart } from '../../../charts/series-chart';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { LoadingState } from '../../../components/loading-state';
import classes from './system.module.css';
import { curvesOf } from './system-curves';
import { type SystemGroup, systemGroups } from './system-groups';
import { useSystemSeries } from './use-system-series';

const CHART_PX = 180;

export function SystemTab({ run }: { readonly run: RunDetail }): ReactElement {
  const { data: metrics, error, refetch } = useRunMetrics(run.runId);
  const groups = useMemo(() => systemGroups((metrics ?? []).map(({ key }) => key)), [metrics]);
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (metrics === undefined) return <LoadingState />;
  if (groups.length === 0) {
    return (
      <EmptyState title="No system metrics">
        A run that <code>xtrack run</code> started has them by itself, every 10 s.
      </EmptyState>
    );
  }
  return <SystemCharts run={run} groups={groups} />;
}

function SystemCharts({ run, groups }: { readonly run: RunDetail; readonly groups: readonly SystemGroup[] }): ReactElement {
  const scheme = useComputedColorScheme('light');
  const { data: series, error, refetch } = useSystemSeries(run, groups);
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (series === undefined) return <LoadingState />;
  return (
    <section className={classes.charts} aria-labelledby="system-title">
      <VisuallyHidden id="system-title" component="h2">
        System metrics
      </VisuallyHidden>
      {groups.map((group) => (
        <SeriesChart
          key={group.title}
          title={group.title}
          series={curvesOf(group, series, (place) => seriesColour(place, scheme))}
          xAxis="relative"
          height={CHART_PX}
          unit={group.unit}
          syncKey={`system ${run.runId}`}
        />
      ))}
    </section>
  );
}
