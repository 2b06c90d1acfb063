// The rows of the table: runs, under their groups where they are grouped, pinned ones first.

import { isFinal } from '../../../../../src/protocol/events.js';
import type { ColumnValue, RunRow } from '../../../api/types';

/** A run with its values, in the order asked for. */
export interface TableRun {
  readonly run: RunRow;
  readonly values: readonly ColumnValue[];
}

export interface Group {
  readonly label: string;
  readonly runs: readonly TableRun[];
  readonly live: number;
  readonly failed: number;
  readonly closed: boolean;
}

export type TableRow =
  | { readonly kind: 'run'; readonly key: string; readonly item: TableRun; readonly pinned: boolean }
  | { readonly kind: 'group'; readonly key: string; readonly group: Group };

export interface Grouping {
  readonly labelOf: (item: TableRun) => string;
  readonly closed: ReadonlySet<string>;
}

/** What stands for the runs that have no such value. */
export const NONE = '(none)';

export function tableRows(runs: readonly TableRun[], pinned: readonly TableRun[], grouping: Grouping | null): readonly TableRow[] {
  const atTop = new Set(pinned.map(({ run }) => run.runId));
  const others = atTop.size === 0 ? runs : runs.filter(({ run }) => !atTop.has(run.runId));
  const top = pinned.map((item): TableRow => ({ kind: 'run', key: `pinned ${item.run.runId}`, item, pinned: true }));
  if (grouping === null) return [...top, ...others.map(toRow)];
  return [...top, ...groupsOf(others, grouping).flatMap((group) => [groupRow(group), ...(group.closed ? [] : group.runs.map(toRow))])];
}

/** In the order in which their first runs come. */
function groupsOf(runs: readonly TableRun[], { labelOf, closed }: Grouping): readonly Group[] {
  const groups = new Map<string, TableRun[]>();
  for (const item of runs) {
    const label = labelOf(item);
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [item]);
    else group.push(item);
  }
  return [...groups].map(([label, own]) => ({
    label,
    runs: own,
    live: own.filter(({ run }) => !isFinal(run.status)).length,
    failed: own.filter(({ run }) => run.status === 'failed').length,
    closed: closed.has(label),
  }));
}

const rows = new WeakMap<TableRun, TableRow>();

function toRow(item: TableRun): TableRow {
  const known = rows.get(item);
  if (known !== undefined) return known;
  const row: TableRow = { kind: 'run', key: item.run.runId, item, pinned: false };
  rows.set(item, row);
  return row;
}

function groupRow(group: Group): TableRow {
  return { kind: 'group', key: `group ${group.label}`, group };
}
