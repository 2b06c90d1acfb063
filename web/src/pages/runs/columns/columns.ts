// A column of the runs table: any value of the search language, and a few that only the page can draw.

import { betterOf } from '../../../../../src/query/search/direction.js';
import { FIELDS } from '../../../../../src/query/search/names.js';
import { parseValue } from '../../../../../src/query/search/parser.js';
import { printValue } from '../../../../../src/query/search/printer.js';
import type { SearchKeys } from '../../../api/types';

export interface RunColumn {
  /** `status`, `params.lr`, `min(metrics.loss)`, or one of DRAWN. */
  readonly expr: string;
  /** px; left out: what suits it. */
  readonly width?: number;
  /** Stays at the left. */
  readonly pinned?: boolean;
}

/** Columns that are no value of the search language. */
export const DRAWN = ['progress', 'tags', 'notes', 'message'] as const;
/** Fields that every row has anyway; the others are asked of the server. */
const OWN: ReadonlySet<string> = new Set([...FIELDS, ...DRAWN]);
export const WIDTH = { least: 56, most: 800, name: 300, nameNarrow: 190 } as const;

const LABELS: Readonly<Record<string, string>> = {
  name: 'Run',
  status: 'Status',
  experiment: 'Experiment',
  parent: 'Parent',
  created: 'Created',
  started: 'Started',
  ended: 'Ended',
  duration: 'Duration',
  id: 'Id',
  progress: 'Progress',
  tags: 'Tags',
  notes: 'Notes',
  message: 'Message',
};

const WIDTHS: Readonly<Record<string, number>> = {
  status: 116,
  experiment: 140,
  started: 100,
  created: 100,
  ended: 100,
  duration: 100,
  progress: 132,
  tags: 200,
  notes: 200,
  message: 180,
  id: 130,
  parent: 130,
};

export type ColumnKind = 'field' | 'drawn' | 'param' | 'tag' | 'metric' | 'other';

/** `120p:params.lr`: width and pin before the colon, each left out where there is none. Undefined: it is no column. */
export function readColumn(text: string): RunColumn | undefined {
  const [, width = '', pin = '', rest = ''] = /^(?:(\d{0,4})(p?):)?(.*)$/s.exec(text) ?? [];
  const expr = canonical(rest);
  if (expr === undefined) return undefined;
  return { expr, ...(width !== '' && { width: clampWidth(Number(width)) }), ...(pin === 'p' && { pinned: true }) };
}

export function writeColumn({ expr, width, pinned }: RunColumn): string {
  return `${width ?? ''}${pinned === true ? 'p' : ''}:${expr}`;
}

export function clampWidth(width: number): number {
  return Math.round(Math.min(WIDTH.most, Math.max(WIDTH.least, width)));
}

/** The one way to write it; undefined where it is no value. */
export function canonical(expr: string): string | undefined {
  if ((DRAWN as readonly string[]).includes(expr)) return expr;
  try {
    const printed = printValue(parseValue(expr));
    return printed === 'name' ? undefined : printed;
  } catch {
    return undefined;
  }
}

export function kindOf(expr: string): ColumnKind {
  if ((DRAWN as readonly string[]).includes(expr)) return 'drawn';
  if (OWN.has(expr)) return 'field';
  if (expr.startsWith('params.')) return 'param';
  if (expr.startsWith('tags.')) return 'tag';
  return /^(?:(?:last|min|max|first|count)\()?metrics\./.test(expr) ? 'metric' : 'other';
}

/** `lr`, `min loss`, `val/acc`: without what the kind says already. */
export function labelOf(expr: string): string {
  const own = LABELS[expr];
  if (own !== undefined) return own;
  const [, stat, inner] = /^(min|max|first|count)\((.*)\)$/.exec(expr) ?? [];
  const name = (inner ?? expr).replace(/^(?:params|tags|metrics)\./, '').replace(/^"(.*)"(@\w+)?$/, '$1$2');
  return stat === undefined ? name : `${stat} ${name}`;
}

export function widthOf({ expr, width }: RunColumn): number {
  if (width !== undefined) return width;
  const kind = kindOf(expr);
  return WIDTHS[expr] ?? (kind === 'metric' || kind === 'other' ? clampWidth(Math.max(96, labelOf(expr).length * 7 + 40)) : 120);
}

/** What is asked of the server, in the order of the columns. */
export function askedOf(columns: readonly RunColumn[]): string[] {
  return columns.map(({ expr }) => expr).filter((expr) => !OWN.has(expr));
}

export function isSortable(expr: string): boolean {
  return !(DRAWN as readonly string[]).includes(expr);
}

/** Columns for someone who chose none: what every run has, and the first metrics and params that there are. */
export function chosenFor(keys: SearchKeys | undefined): readonly RunColumn[] {
  const own = ['status', 'progress', 'started', 'duration', 'experiment'];
  const values = [...metricsByWeight(keys).slice(0, 3).map(metricExpr), ...(keys?.params ?? []).slice(0, 4).map(paramExpr)];
  return [...own, ...values, 'tags'].map((expr) => ({ expr }));
}

/** Metrics that tell most first; those of the machine last of all, by leaving them out. */
export function metricsByWeight(keys: SearchKeys | undefined): readonly string[] {
  return (keys?.metrics ?? []).filter((key) => !key.startsWith('system/')).sort((a, b) => weight(b) - weight(a));
}

/** What was measured on data that was not trained on tells most. */
function weight(key: string): number {
  const words = key.toLowerCase();
  return (
    (/val|eval|test/.test(words) ? 4 : 0) +
    (/loss|acc|f1|auc|reward|score|error/.test(words) ? 2 : 0) +
    (/epoch|step|time|lr$/.test(words) ? -2 : 0)
  );
}

export function metricExpr(key: string): string {
  return printValue({ kind: 'metric', key, phase: '', stat: 'last' });
}

/** The best value that a metric had, by what its name says. */
export function bestExpr(key: string): string {
  return printValue({ kind: 'metric', key, phase: '', stat: betterOf(key) });
}

export function paramExpr(key: string): string {
  return printValue({ kind: 'param', key });
}

export function tagExpr(key: string): string {
  return printValue({ kind: 'tag', key });
}
