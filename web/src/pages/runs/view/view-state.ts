// The whole state of the runs page as its address: what is searched, shown, grouped and pinned. A link, a bookmark and a saved view are it.

import type { ChartAxis } from '../../../charts/series/chart-series';
import { type RunColumn, readColumn, writeColumn } from '../columns/columns';

export interface RunsView {
  /** In the search language, order included. */
  readonly q: string;
  /** Null: what the page chooses. */
  readonly columns: readonly RunColumn[] | null;
  /** A value in the search language; null: one list. */
  readonly group: string | null;
  /** Labels of groups that are folded up. */
  readonly closed: readonly string[];
  /** Runs that stay at the top. */
  readonly pinned: readonly string[];
  readonly trash: boolean;
  /** Archived runs are shown too. */
  readonly archived: boolean;
  /** The curves of the runs beside them; null: as it was left last. */
  readonly charts: boolean | null;
  /** How the curves are drawn. */
  readonly curves: CurvesView;
}

export interface CurvesView {
  readonly x: ChartAxis;
  /** 0 (none) to 0.99. */
  readonly smoothing: number;
  readonly logY: boolean;
  /** The y axis is of 98 % of the values. */
  readonly outliers: 'show' | 'ignore';
  /** Words that must all be in a metric's name. */
  readonly metrics: string;
}

const PLAIN_CURVES: CurvesView = { x: 'step', smoothing: 0, logY: false, outliers: 'show', metrics: '' };

export const EMPTY_VIEW: RunsView = {
  ...{ q: '', columns: null, group: null, closed: [], pinned: [], trash: false, archived: false },
  ...{ charts: null, curves: PLAIN_CURVES },
};

/** The server takes 50 values; runs that are pinned are named in one search. */
const MOST = { columns: 50, pinned: 50, closed: 500 } as const;

/** Reads an address as it may come from anywhere: what it does not know, it leaves out. */
export function readView(search: string): RunsView {
  const query = new URLSearchParams(search);
  const columns = query
    .getAll('c')
    .slice(0, MOST.columns)
    .flatMap((text) => readColumn(text) ?? []);
  const unique = columns.filter(({ expr }, at) => columns.findIndex((one) => one.expr === expr) === at);
  return {
    q: query.get('q') ?? '',
    columns: query.has('c') ? unique : null,
    group: query.get('group') || null,
    closed: query.getAll('closed').slice(0, MOST.closed),
    pinned: [...new Set(query.getAll('pin'))].slice(0, MOST.pinned),
    trash: query.get('trash') === '1',
    archived: query.get('archived') === '1',
    charts: query.has('charts') ? query.get('charts') === '1' : null,
    curves: readCurves(query),
  };
}

const AXES: readonly ChartAxis[] = ['step', 'epoch', 'time', 'relative'];

function readCurves(query: URLSearchParams): CurvesView {
  const smoothing = Number(query.get('smooth') ?? '0');
  return {
    x: AXES.find((axis) => axis === query.get('x')) ?? PLAIN_CURVES.x,
    smoothing: smoothing > 0 && smoothing <= 0.99 ? smoothing : 0,
    logY: query.get('logy') === '1',
    outliers: query.get('outliers') === 'ignore' ? 'ignore' : 'show',
    metrics: query.get('metrics') ?? '',
  };
}

function writeCurves(query: URLSearchParams, { x, smoothing, logY, outliers, metrics }: CurvesView): void {
  if (x !== PLAIN_CURVES.x) query.set('x', x);
  if (smoothing > 0) query.set('smooth', String(smoothing));
  if (logY) query.set('logy', '1');
  if (outliers === 'ignore') query.set('outliers', outliers);
  if (metrics.trim() !== '') query.set('metrics', metrics);
}

/** Without `?`; '' for the page as it is first seen. */
export function writeView(view: RunsView): string {
  const query = new URLSearchParams();
  if (view.q.trim() !== '') query.set('q', view.q);
  if (view.columns !== null) {
    for (const column of view.columns) query.append('c', writeColumn(column));
    // No column at all is a choice too.
    if (view.columns.length === 0) query.append('c', '');
  }
  if (view.group !== null) query.set('group', view.group);
  for (const label of view.closed) query.append('closed', label);
  for (const runId of view.pinned) query.append('pin', runId);
  if (view.trash) query.set('trash', '1');
  if (view.archived) query.set('archived', '1');
  if (view.charts !== null) query.set('charts', view.charts ? '1' : '0');
  writeCurves(query, view.curves);
  return query.toString();
}
