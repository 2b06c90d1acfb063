// A run on a small page for other pages to frame: how it stands and its most telling curves, live; nothing to press that changes anything.

import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect } from 'react';
import { ApiError } from '../../api/client';
import { useRun, useRunMetrics } from '../../api/hooks';
import { keys } from '../../api/keys';
import type { RunDetail } from '../../api/types';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { LoadingState } from '../../components/loading-state';
import { nameOf } from '../../components/run-name';
import { SNIPPETS } from '../../components/snippets';
import { StatusBadge } from '../../components/status-badge';
import { RunProgress } from '../run/header/run-progress';
import classes from './embed.module.css';
import { EmbedChart } from './embed-chart';
import { chartsOf } from './embed-metrics';

/** ms between two looks at a run that goes on. A notebook may hold many frames, and a browser only so many streams. */
const PACE_MS = 1_000;

export function EmbedPage({ runId }: { readonly runId: string }): ReactElement {
  const { data: run, error, refetch } = useRun(runId);
  useFollow(runId, run?.live ?? false);
  if (error instanceof ApiError && error.status === 401) {
    return (
      <EmptyState title="This link has expired">
        It showed the run for a while, and ended with the server at the latest. Run the cell of the notebook again:{' '}
        <code>{SNIPPETS.show}</code> makes a new one.
      </EmptyState>
    );
  }
  if (run === undefined) return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />;
  return (
    <main className={classes.page}>
      <Head run={run} />
      <Charts run={run} />
    </main>
  );
}

/** Reads everything of the run anew at a pace while it goes on and somebody looks, and once more when it has ended. */
function useFollow(runId: string, live: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!live) return;
    const read = (): void => void client.invalidateQueries({ queryKey: keys.run(runId) });
    const timer = setInterval(() => document.visibilityState === 'visible' && read(), PACE_MS);
    return () => {
      clearInterval(timer);
      read();
    };
  }, [client, runId, live]);
}

function Head({ run }: { readonly run: RunDetail }): ReactElement {
  const name = nameOf(run);
  useEffect(() => {
    document.title = `${name} · XTrack`;
  }, [name]);
  const said = run.error ?? run.message;
  return (
    <header className={classes.head}>
      <h1 className={classes.name} title={run.runId}>
        {name}
      </h1>
      <StatusBadge status={run.status} />
      <RunProgress run={run} />
      {said !== null && <p className={classes.said}>{said}</p>}
    </header>
  );
}

function Charts({ run }: { readonly run: RunDetail }): ReactElement {
  const { data: metrics } = useRunMetrics(run.runId);
  if (metrics === undefined) return <LoadingState />;
  const charts = chartsOf(metrics);
  if (charts.length === 0) return <EmptyState title={run.live ? 'No metrics yet' : 'This run has no metrics'} />;
  return (
    <div className={classes.charts}>
      {charts.map((spec) => (
        <EmbedChart key={spec.key} runId={run.runId} spec={spec} />
      ))}
    </div>
  );
}
