// What can be done with the columns, each as a change of the view.

import { useMemo } from 'react';
import { nextOrder, orderOf, withOrder } from '../search/search-order';
import type { HeadActions } from '../table/head-menu-list';
import type { ViewControl } from '../view/use-view';
import { clampWidth, kindOf, type RunColumn, widthOf } from './columns';

export interface ColumnActions extends HeadActions {
  readonly resize: (expr: string, width: number) => void;
  readonly toggle: (expr: string) => void;
  readonly set: (columns: readonly RunColumn[]) => void;
}

/** What one looks for first: the newest times, the longest spans. */
function firstOrder(expr: string): 'up' | 'down' {
  return ['created', 'started', 'ended', 'duration'].includes(expr) || kindOf(expr) === 'metric' ? 'down' : 'up';
}

export function useColumnActions({ view, adjust, go }: ViewControl, columns: readonly RunColumn[]): ColumnActions {
  return useMemo(() => {
    const set = (next: readonly RunColumn[]): void => adjust({ columns: next });
    const change = (expr: string, by: (column: RunColumn) => RunColumn): void =>
      set(columns.map((one) => (one.expr === expr ? by(one) : one)));
    const order: HeadActions['order'] = (next) => go({ q: withOrder(view.q, next) });
    return {
      set,
      order,
      sort: (expr) => order(nextOrder(orderOf(view.q), expr, firstOrder(expr))),
      move: (expr, step) => set(moved(columns, expr, step)),
      resize: (expr, width) => change(expr, (column) => ({ ...column, width: clampWidth(width) })),
      widen: (expr, step) => change(expr, (column) => ({ ...column, width: clampWidth(widthOf(column) + step) })),
      pin: (expr) => change(expr, (column) => ({ ...column, pinned: column.pinned !== true })),
      remove: (expr) => set(columns.filter((one) => one.expr !== expr)),
      toggle: (expr) => set(columns.some((one) => one.expr === expr) ? columns.filter((one) => one.expr !== expr) : [...columns, { expr }]),
      group: (group) => go({ group, closed: [] }),
    };
  }, [view.q, columns, adjust, go]);
}

/** The column one place further; at the end it stays. */
function moved(columns: readonly RunColumn[], expr: string, step: number): readonly RunColumn[] {
  const from = columns.findIndex((one) => one.expr === expr);
  const to = from + step;
  const column = columns[from];
  if (column === undefined || to < 0 || to >= columns.length) return columns;
  return columns.toSpliced(from, 1).toSpliced(to, 0, column);
}
