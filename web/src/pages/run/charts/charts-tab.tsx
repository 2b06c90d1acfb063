// The Charts tab of a run: every metric as a chart, in groups, live, with one crosshair and one window over all of them.

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactElement, useDeferredValue, useMemo, useState } from 'react';
import { useMarks, useRunMetrics } from '../../../api/hooks';
import type { Mark, RunDetail, SeriesSummary } from '../../../api/types';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { LoadingState } from '../../../components/loading-state';
import { ChartGroup } from './chart-group';
import classes from './charts.module.css';
import { ChartsBar } from './charts-bar';
import { ChartsProvider, type ChartsShared } from './charts-context';
import { MediaPanel } from './media/media-panel';
import { groupMetrics, hasManyWorkers } from './metric-groups';
import { SeriesBatcher } from './series-batcher';
import { useChartSettings } from './use-chart-settings';
import { useLiveFeed } from './use-live-feed';
import { usePaced } from './use-paced';

/** px that a chart has at least, and columns at most. */
const NARROWEST = 400;
const MOST_COLUMNS = 3;
/** ms between two readings while a window is dragged or pinched. */
const ZOOM_PACE_MS = 60;
const NO_MARKS: readonly Mark[] = [];

export function ChartsTab({ run }: { readonly run: RunDetail }): ReactElement {
  const { data: metrics, error, refetch } = useRunMetrics(run.runId);
  if (metrics === undefined) return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className={classes.tab}>
      {metrics.length === 0 ? <NoMetrics run={run} /> : null}
      <Charts run={run} metrics={metrics} />
      <MediaPanel runId={run.runId} />
    </div>
  );
}

function NoMetrics({ run }: { readonly run: RunDetail }): ReactElement {
  return (
    <EmptyState title={run.live ? 'No metrics yet' : 'This run has no metrics'}>
      {run.live ? 'The first value that the run logs appears here by itself.' : 'It logged none: in Python, run.log(loss=loss, step=step).'}
    </EmptyState>
  );
}

interface ChartsProps {
  readonly run: RunDetail;
  readonly metrics: readonly SeriesSummary[];
}

function Charts({ run, metrics }: ChartsProps): ReactElement {
  const { settings, change } = useChartSettings();
  const feed = useLiveFeed(run, metrics);
  const { data: marks = NO_MARKS } = useMarks(run.runId);
  const { ref, width } = useElementSize();
  const [batcher] = useState(() => new SeriesBatcher());
  const scheme = useComputedColorScheme('light');
  const readRange = usePaced(settings.range, ZOOM_PACE_MS);
  const filter = useDeferredValue(settings.filter);
  const groups = useMemo(() => groupMetrics(metrics, settings.group, filter), [metrics, settings.group, filter]);
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(width / NARROWEST)));
  const shared = useMemo(
    (): ChartsShared => ({
      run,
      origin: Date.parse(run.startedAt ?? run.createdAt) * 1_000,
      settings,
      change,
      readRange,
      batcher,
      feed,
      marks,
      scheme,
      width: { chart: width / columns, expanded: width },
    }),
    [run, settings, change, readRange, batcher, feed, marks, scheme, width, columns],
  );
  return (
    <ChartsProvider value={shared}>
      {metrics.length > 0 && <ChartsBar settings={settings} change={change} hasWorkers={hasManyWorkers(groups)} />}
      <div ref={ref} className={classes.groups}>
        {width > 0 &&
          groups.map((group) => (
            <ChartGroup key={group.name} group={group} columns={columns} isForced={filter !== '' || groups.length === 1} />
          ))}
        {groups.length === 0 && metrics.length > 0 && (
          <EmptyState title="No metric is called that">Clear the filter to see all of them.</EmptyState>
        )}
      </div>
    </ChartsProvider>
  );
}
