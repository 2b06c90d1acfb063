// What the column picker offers for what is typed.

import { isReservedTag } from '../../../../../src/protocol/reserved-tags.js';
import type { SearchKeys } from '../../../api/types';
import { bestExpr, canonical, DRAWN, labelOf, metricExpr, paramExpr, tagExpr } from './columns';

export type Stat = 'last' | 'best' | 'min' | 'max';

export interface ColumnOffer {
  readonly title: string;
  readonly exprs: readonly string[];
  /** How many more there are. */
  readonly hidden: number;
}

const FIELDS = ['status', 'experiment', 'created', 'started', 'ended', 'duration', 'parent', 'id', ...DRAWN];
/** Shown of one kind; the rest is found by typing. */
const MOST = 60;

export function offeredColumns(keys: SearchKeys | undefined, wanted: string, stat: Stat): readonly ColumnOffer[] {
  const words = wanted.trim().toLowerCase();
  const formula = words === '' ? undefined : canonical(wanted.trim());
  const metrics = (keys?.metrics ?? []).map((key) => exprOf(key, stat));
  const named = [
    offer('Metrics', metrics, words),
    offer('Params', (keys?.params ?? []).map(paramExpr), words),
    offer('Tags', (keys?.tags ?? []).filter((key) => !isReservedTag(key)).map(tagExpr), words),
    offer('Of the run', FIELDS, words),
  ].filter(({ exprs }) => exprs.length > 0);
  const known = named.some(({ exprs }) => formula !== undefined && exprs.includes(formula));
  return formula === undefined || known ? named : [{ title: 'As typed', exprs: [formula], hidden: 0 }, ...named];
}

function exprOf(key: string, stat: Stat): string {
  const metric = metricExpr(key);
  if (stat === 'last') return metric;
  return stat === 'best' ? bestExpr(key) : `${stat}(${metric})`;
}

function offer(title: string, exprs: readonly string[], words: string): ColumnOffer {
  const found =
    words === '' ? exprs : exprs.filter((expr) => expr.toLowerCase().includes(words) || labelOf(expr).toLowerCase().includes(words));
  return { title, exprs: found.slice(0, MOST), hidden: Math.max(0, found.length - MOST) };
}
