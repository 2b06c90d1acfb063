// Names and values, one below the other.

import type { ReactElement, ReactNode } from 'react';
import classes from './overview.module.css';

export type FactRow = readonly [name: string, value: ReactNode];

/** Rows without a value are left out. */
export function FactsTable({ rows }: { readonly rows: readonly FactRow[] }): ReactElement {
  return (
    <table className={classes.table}>
      <tbody>
        {rows
          .filter(([, value]) => value !== undefined && value !== null && value !== '')
          .map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
