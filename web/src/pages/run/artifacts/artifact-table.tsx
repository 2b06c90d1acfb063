// A table that a run logged: the rows that the server gave.

import type { ReactElement } from 'react';
import type { JsonValue } from '../../../../../src/protocol/events.js';
import { showValue } from '../overview/param-tree';
import classes from './artifacts.module.css';

interface ArtifactTableProps {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly JsonValue[])[];
}

export function ArtifactTable({ columns, rows }: ArtifactTableProps): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <section className={classes.tableBox} tabIndex={0} aria-label="Table">
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((column, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other identity, and never move
              <th key={at} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity, and never move
            <tr key={at}>
              {row.map((value, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above
                <td key={column} title={showValue(value)}>
                  {value === null ? '' : showValue(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
