// What the result hangs on: the params of an experiment, most important first.

import type { CSSProperties, ReactElement } from 'react';
import { ApiError } from '../../api/client';
import { type ExperimentQuestion, useSensitivity } from '../../api/hooks';
import type { ParamSensitivity } from '../../api/types';
import { ErrorState } from '../../components/error-state';
import { formatNumber, plural } from '../../components/format';
import { LoadingState } from '../../components/loading-state';
import classes from './experiments.module.css';

const SHOWN = 8;

export function Sensitivity({ question }: { readonly question: ExperimentQuestion }): ReactElement {
  const { data: params, error, refetch } = useSensitivity(question);
  const absent = error instanceof ApiError && error.status === 404;
  return (
    <section className={classes.panel} aria-label={`Params that ${question.metric} hangs on`}>
      <h2 className={classes.panelTitle}>What it hangs on</h2>
      {error !== null && !absent && <ErrorState error={error} onRetry={refetch} />}
      {params === undefined && error === null && <LoadingState />}
      {(absent || params?.length === 0) && <p className={classes.dim}>No param differs between runs that have this metric.</p>}
      {params !== undefined && params.length > 0 && <Table params={params.slice(0, SHOWN)} />}
    </section>
  );
}

function Table({ params }: { readonly params: readonly ParamSensitivity[] }): ReactElement {
  const few = params.every(({ importance }) => importance === null);
  return (
    <>
      <table className={classes.params}>
        <thead>
          <tr>
            <th scope="col">Param</th>
            <th scope="col">Importance</th>
            <th scope="col">Correlation</th>
            <th scope="col">Best at</th>
          </tr>
        </thead>
        <tbody>
          {params.map((param) => (
            <Row key={param.key} param={param} />
          ))}
        </tbody>
      </table>
      {few && <p className={classes.dim}>Importance takes at least 8 runs.</p>}
    </>
  );
}

function Row({ param: { key, importance, correlation, values } }: { readonly param: ParamSensitivity }): ReactElement {
  const best = values[0];
  return (
    <tr>
      <th scope="row" title={key}>
        {key}
      </th>
      <td>
        <span className={classes.meter} style={{ '--share': `${Math.round((importance ?? 0) * 100)}%` } as CSSProperties}>
          {importance === null ? '–' : `${Math.round(importance * 100)}%`}
        </span>
      </td>
      <td>
        <span
          className={classes.signed}
          data-down={(correlation ?? 0) < 0 || undefined}
          style={{ '--share': `${Math.abs(correlation ?? 0) * 50}%` } as CSSProperties}
        >
          {correlation === null ? '–' : correlation.toFixed(2).replace('-', '−')}
        </span>
      </td>
      <td title={best === undefined ? undefined : `${best.value}: mean ${formatNumber(best.mean)} over ${plural(best.runs, 'run')}`}>
        {best === undefined ? '–' : typeof best.value === 'number' ? formatNumber(best.value) : best.value}
      </td>
    </tr>
  );
}
