// The order of the runs found, and one page of them: the same keys, cursors and ties in every backend.

import { XTrackError } from '../../protocol/errors.js';
import { compareText, decodeJson, decodeText, encodeJson } from '../text.js';
import type { RunFacts } from './facts.js';
import { numberOf, textOf } from './predicate.js';
import { MAX_PAGE, type SearchPage, type SearchQuery, type Shown } from './query.js';
import { type OrderTerm, typeOf, type Value } from './tree.js';

/** Longest cursor (characters) that is read: every key of it a text as long as texts may be. */
const MAX_CURSOR = 512 * 1024;
/** One thing that runs are ordered by. Null comes last either way. */
export interface OrderKey {
  readonly by: Value;
  readonly as: 'number' | 'text';
  readonly descending: boolean;
}

export type KeyValue = number | string | null;

export interface Candidate<Run> {
  readonly run: Run;
  readonly keys: readonly KeyValue[];
  readonly values: Shown[];
}

/** Params and tags are ordered by number, and then by text; ties: newest first, then by id. */
export function orderKeys(orderBy: readonly OrderTerm[]): OrderKey[] {
  const given = orderBy.flatMap(({ by, descending }): OrderKey[] => {
    const type = typeOf(by);
    if (type === 'text') return [{ by, as: 'text', descending }];
    const number: OrderKey = { by, as: 'number', descending };
    return type === 'either' ? [number, { by, as: 'text', descending }] : [number];
  });
  return [
    ...given,
    { by: { kind: 'field', field: 'created' }, as: 'number', descending: true },
    { by: { kind: 'field', field: 'id' }, as: 'text', descending: true },
  ];
}

export function keysOf(keys: readonly OrderKey[], facts: RunFacts): KeyValue[] {
  return keys.map(({ by, as }) => (as === 'number' ? numberOf(by, facts) : textOf(by, facts)));
}

export function shownOf(select: readonly Value[], facts: RunFacts): Shown[] {
  return select.map((value) => shown(numberOf(value, facts), textOf(value, facts)));
}

/** What is shown of a value's two forms (text as stored). */
export function shown(number: number | null, text: string | null): Shown {
  // Not every database keeps the sign of zero.
  if (text === null) return number === 0 ? 0 : number;
  const plain = decodeText(text);
  if (number === null || String(number) !== plain) return plain;
  return number === 0 ? 0 : number;
}

/** Below 0: `a` comes first. */
export function compareKeys(keys: readonly OrderKey[], a: readonly KeyValue[], b: readonly KeyValue[]): number {
  for (const [at, { descending }] of keys.entries()) {
    const order = compareValues(a[at] ?? null, b[at] ?? null, descending);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: KeyValue, b: KeyValue, descending: boolean): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  const order = typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : Number(a) - Number(b);
  return descending ? -order : order;
}

/** One page out of lists that are each in order and hold at least one run more than a page where there are more. */
export function pageOf<Run>(
  keys: readonly OrderKey[],
  query: Pick<SearchQuery, 'limit'>,
  ...lists: readonly (readonly Candidate<Run>[])[]
): SearchPage<Run> {
  const all = lists.flat();
  if (lists.length > 1) all.sort((a, b) => compareKeys(keys, a.keys, b.keys));
  const page = all.slice(0, query.limit);
  const last = page.at(-1);
  return {
    runs: page.map(({ run }) => run),
    values: page.map(({ values }) => values),
    cursor: last !== undefined && all.length > query.limit ? toCursor(last.keys) : null,
  };
}

function toCursor(keys: readonly KeyValue[]): string {
  return Buffer.from(encodeJson(keys)).toString('base64url');
}

/** The keys after which the page begins; undefined: it is the first. Throws XT_ARGUMENT for limits and cursors that make no sense. */
export function startOf(keys: readonly OrderKey[], { limit, cursor }: SearchQuery): KeyValue[] | undefined {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw new XTrackError('XT_ARGUMENT', { detail: `limit must be an integer from 1 to ${MAX_PAGE}, not ${limit}`, field: 'limit' });
  if (cursor === undefined || cursor === null) return undefined;
  const values = cursor.length > MAX_CURSOR ? undefined : readCursor(cursor);
  const fits = values?.length === keys.length && keys.every(({ as }, at) => isKey(values[at], as));
  if (!fits) throw new XTrackError('XT_ARGUMENT', { detail: 'the cursor is not one of a search in this order', field: 'cursor' });
  return values as KeyValue[];
}

function isKey(value: unknown, as: OrderKey['as']): value is KeyValue {
  if (value === null) return true;
  // No stored text holds NUL (see text.ts), and no key is NaN.
  return as === 'text' ? typeof value === 'string' && !value.includes('\u0000') : typeof value === 'number' && !Number.isNaN(value);
}

function readCursor(cursor: string): unknown[] | undefined {
  try {
    const values = decodeJson<unknown>(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}
