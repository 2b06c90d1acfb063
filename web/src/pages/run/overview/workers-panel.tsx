// The workers (ranks) of a run, and how many events of each kind it sent.

import type { ReactElement } from 'react';
import type { RunDetail } from '../../../api/types';
import { formatTime } from '../../../components/format';
import { StatusBadge } from '../../../components/status-badge';
import { FactsTable } from './facts-table';
import classes from './overview.module.css';
import { Panel } from './panel';

export function WorkersPanel({ run: { workers } }: { readonly run: RunDetail }): ReactElement | null {
  if (workers.length === 0) return null;
  return (
    <Panel title={workers.length === 1 ? 'Worker' : `Workers (${workers.length})`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label="Workers">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">worker</th>
              <th scope="col">status</th>
              <th scope="col">host</th>
              <th scope="col">started</th>
              <th scope="col">ended</th>
            </tr>
          </thead>
          <tbody>
            {workers.map(({ worker, status, hostname, startedAt, endedAt }) => (
              <tr key={worker}>
                <th scope="row">{worker === '' ? 'the only one' : worker}</th>
                <td>
                  <StatusBadge status={status} />
                </td>
                <td>{hostname ?? ''}</td>
                <td>{formatTime(isoOf(startedAt))}</td>
                <td>{endedAt === null ? '' : formatTime(isoOf(endedAt))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

/** Of µs since the epoch. */
function isoOf(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}

export function CountsPanel({ run: { counts } }: { readonly run: RunDetail }): ReactElement | null {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return null;
  return (
    <Panel title="Events received">
      <FactsTable rows={rows.map(([type, count]) => [type, count.toLocaleString('en')])} />
    </Panel>
  );
}
