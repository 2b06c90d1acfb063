// The numbers that a run ended with, as it reported them; while it runs, the last value of each metric.

import type { ReactElement } from 'react';
import { useRunMetrics } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import { formatNumber } from '../../../components/format';
import classes from './overview.module.css';
import { Panel } from './panel';

export function FinalMetrics({ run }: { readonly run: RunDetail }): ReactElement | null {
  const { data: series = [] } = useRunMetrics(run.runId);
  const reported = Object.entries(run.finalMetrics ?? {});
  const own = series.filter(({ key }) => !key.startsWith('system/'));
  if (reported.length === 0 && own.length === 0) return null;
  return (
    <Panel title={run.live ? 'Metrics so far' : 'Metrics'}>
      {reported.length > 0 && (
        <table className={classes.table}>
          <caption>Reported at the end</caption>
          <tbody>
            {reported.map(([key, value]) => (
              <tr key={key}>
                <th scope="row">{key}</th>
                <td className={classes.number}>{formatNumber(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {own.length > 0 && <SeriesTable series={own} />}
    </Panel>
  );
}

function SeriesTable({ series }: { readonly series: NonNullable<ReturnType<typeof useRunMetrics>['data']> }): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <section className={classes.scroll} tabIndex={0} aria-label="Metrics">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">metric</th>
            <th scope="col" className={classes.number}>
              last
            </th>
            <th scope="col" className={classes.number}>
              min
            </th>
            <th scope="col" className={classes.number}>
              max
            </th>
            <th scope="col" className={classes.number}>
              points
            </th>
          </tr>
        </thead>
        <tbody>
          {series.map(({ key, phase, worker, aggregation, last, min, max, count }) => (
            <tr key={JSON.stringify([key, phase, worker, aggregation])}>
              <th scope="row">{[key, phase, worker, aggregation].filter((part) => part !== '' && part !== null).join(' · ')}</th>
              <td className={classes.number}>{formatNumber(last.value)}</td>
              <td className={classes.number}>{formatNumber(min)}</td>
              <td className={classes.number}>{formatNumber(max)}</td>
              <td className={classes.number}>{count.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
