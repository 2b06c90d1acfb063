// Runs as rows, what they have as columns: for many runs and few differences.

import type { ReactElement } from 'react';
import classes from '../compare.module.css';
import { CellValue } from './cell-value';
import { RunHead, SECTIONS, type TableProps } from './compare-table';

/** Columns drawn: more are found by the filter, or with runs as columns. */
const MOST_COLUMNS = 120;

export function FlippedTable({ rows, columns, base, highlighted, onBase }: TableProps): ReactElement {
  const shown = rows.slice(0, MOST_COLUMNS);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label="Comparison">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col" className={classes.corner}>
                Run
              </th>
              {shown.map(({ section, key }) => (
                <th key={`${section}.${key}`} scope="col" title={`${SECTIONS[section]}: ${key}`}>
                  {key}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {columns.map(({ run, at }) => (
              <tr key={run.runId} data-on={run.runId === highlighted || undefined}>
                <th scope="row">
                  <RunHead run={run} isBase={run === base?.run} onBase={onBase} />
                </th>
                {shown.map((row) => (
                  <CellValue key={`${row.section}.${row.key}`} row={row} at={at} base={base} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown.length < rows.length && (
        <p className={classes.dim}>
          The first {shown.length} of {rows.length}: filter for the others.
        </p>
      )}
    </>
  );
}
