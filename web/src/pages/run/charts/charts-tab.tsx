// The Charts tab of a run: every metric as a chart, in groups, live, with one crosshair and one window over all of them.

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { memo, type ReactElement, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useMarks, useRunMetrics } from '../../../api/hooks';
import { keys } from '../../../api/keys';
import { subscribe } from '../../../api/live/live';
import type { Mark, RunDetail, SeriesSummary } from '../../../api/types';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { FoldSection } from '../../../components/fold-section';
import { LoadingState } from '../../../components/loading-state';
import { SNIPPETS } from '../../../components/snippets';
import { useChartSettings } from './chart-settings';
import classes from './charts.module.css';
import { ChartsBar } from './charts-bar';
import { ChartsProvider, type ChartsShared } from './charts-context';
import { LiveFeed, seriesName } from './live-feed';
import { MediaPanel } from './media/media-panel';
import { MetricChart } from './metric-chart';
import { groupMetrics, hasManyWorkers, type MetricGroup } from './metric-groups';
import { SeriesBatcher } from './series-batcher';

/** ms in which unknown metrics are gathered. */
const GATHER_MS = 500;

function useLiveFeed({ runId, live }: RunDetail, known: readonly SeriesSummary[]): LiveFeed {
  const client = useQueryClient();
  const [feed] = useState(() => new LiveFeed());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    feed.expect(known.map(seriesName), () => {
      timer ??= setTimeout(() => void client.invalidateQueries({ queryKey: keys.part(runId, 'metrics') }), GATHER_MS);
    });
    return () => {
      if (timer !== null) clearTimeout(timer);
    };
  }, [feed, known, client, runId]);
  useEffect(() => {
    if (!live) return;
    const leave = subscribe({ runs: [runId], types: ['metric', 'metric_batch'] }, (items) => feed.deliver(items, Date.now()));
    return () => {
      leave();
      // What came last may not be drawn: the whole run is read once more.
      void client.invalidateQueries({ queryKey: ['series', runId] });
      void client.invalidateQueries({ queryKey: keys.part(runId, 'metrics') });
    };
  }, [feed, client, runId, live]);
  return feed;
}

interface ChartGroupProps {
  readonly group: MetricGroup;
  readonly columns: number;
  /** Opened whatever the reader folded: something is searched for, or it is the only one. */
  readonly isForced: boolean;
}

const ChartGroup = memo(function ChartGroup({ group: { name, isSystem, charts }, ...section }: ChartGroupProps): ReactElement {
  const items = (): ReactElement[] => charts.map((spec) => <MetricChart key={spec.id} spec={spec} />);
  return <FoldSection name={name} count={charts.length} isFolded={isSystem} items={items} {...section} />;
});

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
      {run.live ? (
        'The first value that the run logs appears here by itself.'
      ) : (
        <>
          It logged none: in Python, <code>{SNIPPETS.log}</code>.
        </>
      )}
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

/** `pace`: ms between two changes of what is returned. */
function usePaced<T>(value: T, pace: number): T {
  const [taken, setTaken] = useState({ value, at: Number.NEGATIVE_INFINITY });
  const isBehind = taken.value !== value;
  const isDue = isBehind && performance.now() - taken.at >= pace;
  // Taken while it is rendered: an effect would have everything below rendered twice.
  if (isDue) setTaken({ value, at: performance.now() });
  useEffect(() => {
    if (!isBehind || isDue) return;
    const timer = setTimeout(() => setTaken({ value, at: performance.now() }), Math.max(0, taken.at + pace - performance.now()));
    return () => clearTimeout(timer);
  }, [isBehind, isDue, value, taken.at, pace]);
  return isDue ? value : taken.value;
}
