// All experiments: how many runs, how many live, the last start.

import { type ReactElement, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { experimentAddress } from '../../api/addresses';
import { useExperiments } from '../../api/hooks';
import type { ExperimentRow } from '../../api/types';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { formatCount, plainName } from '../../components/format';
import { LoadingState } from '../../components/loading-state';
import { SNIPPETS } from '../../components/snippets';
import { Ago } from '../../components/time';
import { useTitle } from '../../components/use-title';
import classes from './experiments.module.css';
import { useFollowExperiments } from './use-follow-experiments';

export function ExperimentsPage(): ReactElement {
  const { data: experiments, error, refetch } = useExperiments();
  const [wanted, setWanted] = useState('');
  useTitle('Experiments');
  useFollowExperiments();
  const shown = useMemo(() => found(experiments ?? [], wanted), [experiments, wanted]);
  if (error !== null && experiments === undefined) return <ErrorState error={error} onRetry={refetch} />;
  if (experiments === undefined) return <LoadingState />;
  if (experiments.length === 0) {
    return (
      <EmptyState heading="h1" title="No experiments yet">
        Runs that share a question belong to one experiment: <code>{SNIPPETS.experiment}</code> names it.
      </EmptyState>
    );
  }
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <h1 className={classes.title}>
          Experiments <span className={classes.dim}>{formatCount(experiments.length)}</span>
        </h1>
        <input
          className={classes.filter}
          type="search"
          placeholder="Find"
          aria-label="Find an experiment"
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      </header>
      <div className={classes.wide}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col" className={classes.number}>
                Runs
              </th>
              <th scope="col" className={classes.number}>
                Live
              </th>
              <th scope="col">Last start</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row key={row.experimentId ?? ''} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === 0 && <p className={classes.dim}>No experiment has that in its name.</p>}
    </div>
  );
}

/** Those with live runs first, then those that were started last. */
function found(experiments: readonly ExperimentRow[], wanted: string): readonly ExperimentRow[] {
  const words = wanted.trim().toLowerCase();
  const fitting = experiments.filter(({ experimentId }) => (experimentId ?? 'no experiment').toLowerCase().includes(words));
  return fitting.toSorted(
    (a, b) => Number(b.live > 0) - Number(a.live > 0) || (b.lastStartedAt ?? '').localeCompare(a.lastStartedAt ?? ''),
  );
}

function Row({ row: { experimentId, runs, live, lastStartedAt } }: { readonly row: ExperimentRow }): ReactElement {
  const address = experimentId === null ? `/runs?${new URLSearchParams({ q: 'experiment is null' })}` : experimentAddress(experimentId);
  return (
    <tr>
      <th scope="row">
        <Link href={address}>{plainName(experimentId ?? 'no experiment')}</Link>
      </th>
      <td className={classes.number}>{formatCount(runs)}</td>
      <td className={classes.number}>
        {live > 0 ? <span className={classes.live}>{formatCount(live)}</span> : <span className={classes.dim}>0</span>}
      </td>
      <td>
        <Ago at={lastStartedAt} />
      </td>
    </tr>
  );
}
