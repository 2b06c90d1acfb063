// The best runs of an experiment.

import type { CSSProperties, ReactElement } from 'react';
import { runAddress } from '../../api/addresses';
import { ApiError } from '../../api/client';
import { type ExperimentQuestion, useLeaderboard } from '../../api/hooks';
import { ErrorState } from '../../components/error-state';
import { formatAligned } from '../../components/format';
import { LoadingState } from '../../components/loading-state';
import { RunName } from '../../components/run-name';
import { StatusBadge } from '../../components/status-badge';
import classes from './experiments.module.css';
import { sharesOf } from './shares';

const SHOWN = 8;

export function Leaderboard({ question }: { readonly question: ExperimentQuestion }): ReactElement {
  const { data: ranked, error, refetch } = useLeaderboard(question, SHOWN);
  return (
    <section className={classes.panel} aria-label={`Best runs by ${question.metric}`}>
      <h2 className={classes.panelTitle}>Best runs</h2>
      {error !== null && !(error instanceof ApiError && error.status === 404) && <ErrorState error={error} onRetry={refetch} />}
      {ranked === undefined && error === null && <LoadingState />}
      {(ranked?.length === 0 || error instanceof ApiError) && <p className={classes.dim}>No run of this experiment has this metric.</p>}
      {ranked !== undefined && <List ranked={ranked} />}
    </section>
  );
}

function List({ ranked }: { readonly ranked: NonNullable<ReturnType<typeof useLeaderboard>['data']> }): ReactElement {
  const shares = sharesOf(ranked.map(({ value }) => value));
  return (
    <ol className={classes.ranks}>
      {ranked.map(({ run, value }, at) => (
        <li key={run.runId} className={classes.rank} style={{ '--share': `${shares[at]}%` } as CSSProperties}>
          <span className={classes.place}>{at + 1}</span>
          <RunName run={run} href={runAddress(run.runId)} />
          <StatusBadge status={run.status} />
          <span className={classes.bar} aria-hidden />
          <span className={classes.value}>{formatAligned(value)}</span>
        </li>
      ))}
    </ol>
  );
}
