// The page of one run: its head, its tabs, each loaded when it is opened, and the steering panel.

import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactElement, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { readSegment } from '../../api/addresses';
import { ApiError } from '../../api/client';
import { useFollowRun } from '../../api/follow-run';
import { useInfo, useRun } from '../../api/hooks';
import { keys } from '../../api/keys';
import { subscribe } from '../../api/live/live';
import type { RunDetail } from '../../api/types';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { useShortcuts } from '../../components/keys/shortcuts';
import { LoadingState } from '../../components/loading-state';
import { PagePart } from '../../components/page-part';
import { RunHeader } from './header/run-header';
import classes from './run.module.css';
import { rightsFor } from './run-rights';
import { withStatus } from './run-status';
import { RUN_TABS, type RunTabId, tabOf } from './run-tabs';
import { tabAddress } from './tab-address';

/** ms between two reads of the counts. */
const COUNTS_MS = 3_000;

function useRunStatus(runId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const recount = (): void => {
      timer = null;
      void client.invalidateQueries({ queryKey: keys.detail(runId) });
    };
    const leave = subscribe({ runs: [runId], types: ['status', 'log', 'artifact', 'checkpoint'] }, (items) => {
      for (const item of items) {
        if (item.type === 'status') client.setQueryData<RunDetail>(keys.detail(runId), (before) => before && withStatus(before, item));
        else timer ??= setTimeout(recount, COUNTS_MS);
      }
    });
    return () => {
      leave();
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, runId]);
}

interface RunTabBarProps {
  readonly runId: string;
  readonly tab: RunTabId;
  readonly counts: Readonly<Record<string, number>>;
}

/** The events that a tab's number counts. */
const COUNTED: Partial<Record<RunTabId, string>> = { logs: 'log', artifacts: 'artifact', checkpoints: 'checkpoint' };

function RunTabBar({ runId, tab, counts }: RunTabBarProps): ReactElement {
  const bar = useRef<HTMLElement>(null);
  // On a telephone not all of them fit.
  useEffect(() => {
    bar.current?.children[RUN_TABS.findIndex(({ id }) => id === tab)]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [tab]);
  return (
    <nav className={classes.tabs} ref={bar} aria-label="Parts of this run">
      {RUN_TABS.map(({ id, label }) => {
        const counted = counts[COUNTED[id] ?? ''];
        return (
          <Link key={id} href={tabAddress(runId, id)} className={classes.tab ?? ''} aria-current={id === tab ? 'page' : undefined}>
            {label}
            {counted !== undefined && <span className={classes.dim}> {counted.toLocaleString('en')}</span>}
          </Link>
        );
      })}
    </nav>
  );
}

const ChartsTab = lazy(() => import('./charts/charts-tab').then((module) => ({ default: module.ChartsTab })));
const OverviewTab = lazy(() => import('./overview/overview-tab').then((module) => ({ default: module.OverviewTab })));
const LogsTab = lazy(() => import('./logs/logs-tab').then((module) => ({ default: module.LogsTab })));
const ArtifactsTab = lazy(() => import('./artifacts/artifacts-tab').then((module) => ({ default: module.ArtifactsTab })));
const CheckpointsTab = lazy(() => import('./checkpoints/checkpoints-tab').then((module) => ({ default: module.CheckpointsTab })));
const TimelineTab = lazy(() => import('./timeline/timeline-tab').then((module) => ({ default: module.TimelineTab })));
const SystemTab = lazy(() => import('./system/system-tab').then((module) => ({ default: module.SystemTab })));
const SteerPanel = lazy(() => import('../../steer/steer-panel').then((module) => ({ default: module.SteerPanel })));

export function RunPage(): ReactElement {
  const { runId: segment = '', tab } = useParams<{ runId: string; tab?: string }>();
  const runId = readSegment(segment);
  const { data: run, error, refetch } = useRun(runId);
  if (error instanceof ApiError && error.code === 'XT_RUN_NOT_FOUND') {
    return <EmptyState title="There is no such run">It may have been purged, or the address is mistyped: {runId}</EmptyState>;
  }
  if (run === undefined) return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  return <LoadedRun key={runId} run={run} tabName={tab} />;
}

function LoadedRun({ run, tabName }: { readonly run: RunDetail; readonly tabName: string | undefined }): ReactElement {
  const { data: info } = useInfo();
  const [steering, setSteering] = useState(false);
  const toggle = useCallback(() => setSteering((before) => !before), []);
  useFollowRun(run.runId);
  useRunStatus(run.runId);
  useRunShortcuts(run.runId, toggle);
  const tab = tabOf(tabName);
  const grants = info?.principal.grants ?? [];
  const rights = rightsFor(grants, run.experimentId);
  return (
    <div className={classes.page} data-steer={steering ? 'open' : 'closed'}>
      <div className={classes.main}>
        <RunHeader run={run} steering={steering} onSteer={toggle} {...rights} />
        <RunTabBar runId={run.runId} tab={tab ?? 'charts'} counts={run.counts} />
        <PagePart of={tab ?? 'none'}>
          <Suspense fallback={<LoadingState />}>
            {tab === null ? <EmptyState title="This run has no such part" /> : <TabContent run={run} tab={tab} rights={rights} />}
          </Suspense>
        </PagePart>
      </div>
      {steering && (
        <PagePart of="steer">
          <Suspense fallback={<LoadingState />}>
            <SteerPanel run={run} grants={grants} onClose={toggle} />
          </Suspense>
        </PagePart>
      )}
    </div>
  );
}

interface TabContentProps {
  readonly run: RunDetail;
  readonly tab: RunTabId;
  readonly rights: ReturnType<typeof rightsFor>;
}

function TabContent({ run, tab, rights }: TabContentProps): ReactElement {
  switch (tab) {
    case 'charts':
      return <ChartsTab run={run} />;
    case 'overview':
      return <OverviewTab run={run} />;
    case 'logs':
      return <LogsTab run={run} />;
    case 'artifacts':
      return <ArtifactsTab run={run} />;
    case 'checkpoints':
      return <CheckpointsTab run={run} {...rights} />;
    case 'timeline':
      return <TimelineTab run={run} />;
    case 'system':
      return <SystemTab run={run} />;
  }
}

function useRunShortcuts(runId: string, onSteer: () => void): void {
  const [, navigate] = useLocation();
  useShortcuts([
    { keys: 's', label: 'Open or close the steering panel', group: 'Run', run: onSteer },
    ...RUN_TABS.map(({ id, label }, at) => ({ keys: String(at + 1), label, group: 'Run', run: () => navigate(tabAddress(runId, id)) })),
  ]);
}
