// One value of the table: a star at the best, and how far it is from the baseline.

import type { ReactElement } from 'react';
import classes from '../compare.module.css';
import type { ComparedRun } from '../compared';
import { sayChange, type TableRow } from './table-rows';

/** A run, and its place among the cells of each row. */
export interface Column {
  readonly run: ComparedRun;
  readonly at: number;
}

interface CellValueProps {
  readonly row: TableRow;
  readonly at: number;
  readonly base: Column | undefined;
}

export function CellValue({ row, at, base }: CellValueProps): ReactElement {
  const { text, value } = row.cells[at] ?? { text: '', value: null };
  const isBest = row.best.includes(at);
  const own = base === undefined ? null : (row.cells[base.at] ?? null);
  const change = own === null || base?.at === at ? '' : sayChange(value, own.value);
  return (
    <td data-number={value !== null || undefined} data-best={isBest || undefined} data-unlike={isUnlike(row, own?.text, text) || undefined}>
      {text === '' ? (
        <span className={classes.dim}>–</span>
      ) : (
        <span className={classes.cellText} title={text}>
          {text}
        </span>
      )}
      {isBest && (
        <span className={classes.star} role="img" aria-label="best">
          ★
        </span>
      )}
      {change !== '' && (
        <span className={classes.change} data-good={isGood(row, value, own?.value ?? null)}>
          {change}
        </span>
      )}
    </td>
  );
}

/** Beside a baseline, settings that are not as there stand out; results always differ. */
function isUnlike({ section }: TableRow, base: string | undefined, text: string): boolean {
  return section !== 'metrics' && section !== 'run' && base !== undefined && base !== text;
}

/** `yes`, `no`, or `none` where neither end is better. */
function isGood({ better }: TableRow, value: number | null, base: number | null): 'yes' | 'no' | 'none' {
  if (better === undefined || value === null || base === null) return 'none';
  return value < base === (better === 'min') ? 'yes' : 'no';
}
