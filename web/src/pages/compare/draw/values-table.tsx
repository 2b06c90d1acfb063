// What a picture shows, as a table for those who cannot see it, or want the numbers.

import type { ReactElement } from 'react';
import type { Cell } from '../../../charts/save/csv';
import { formatParam } from '../../../components/format';
import classes from '../compare.module.css';
import type { Values } from './picture-menu';

/** Significant digits: whoever reads a table wants the numbers. */
const DIGITS = 10;

export function ValuesTable({ head, rows, label }: Values & { readonly label: string }): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <section className={classes.scroll} tabIndex={0} aria-label={label}>
      <table className={classes.table}>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={head[column]} data-number={typeof cell === 'number' || undefined}>
                  {shown(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shown(cell: Cell): string {
  return cell === null ? '' : typeof cell === 'number' ? formatParam(Number(cell.toPrecision(DIGITS))) : cell;
}
