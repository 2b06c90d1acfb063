// The order of a search, read and changed within its text, so that what one typed stays as it was typed.

import { parseSearch } from '../../../../../src/query/search/parser.js';
import { printValue } from '../../../../../src/query/search/printer.js';
import { type Token, tokenize } from '../../../../../src/query/search/tokens.js';

export interface Order {
  /** As a column is written. */
  readonly expr: string;
  readonly descending: boolean;
}

interface Parts {
  readonly where: string;
  readonly order: string;
  readonly limit: string;
}

/** What the search is ordered by first; null: by nothing, or it cannot be read. */
export function orderOf(q: string): Order | null {
  try {
    const [first] = parseSearch(q).orderBy;
    return first === undefined ? null : { expr: printValue(first.by), descending: first.descending };
  } catch {
    return null;
  }
}

/** How many runs the search wants; null: all, or it cannot be read. */
export function limitOf(q: string): number | null {
  try {
    return parseSearch(q).limit;
  } catch {
    return null;
  }
}

/** The same search in another order; null: in none. A search that cannot be read stays as it is. */
export function withOrder(q: string, order: Order | null): string {
  const parts = partsOf(q);
  if (parts === undefined) return q;
  const text = order === null ? '' : `order by ${order.expr}${order.descending ? ' desc' : ''}`;
  return joined({ ...parts, order: text });
}

/** The search among the runs of one experiment. */
export function withinExperiment(q: string, experimentId: string): string {
  const condition = `experiment = '${experimentId.replaceAll("'", "''")}'`;
  const parts = partsOf(q);
  if (parts === undefined) return q;
  return joined({ ...parts, where: parts.where === '' ? condition : `(${parts.where}) and ${condition}` });
}

/** The search ordered by a value first, so that runs that share it stand together, and as it was within it. */
export function groupedBy(q: string, expr: string): string {
  const parts = partsOf(q);
  if (parts === undefined) return q;
  const rest = parts.order.replace(/^order\s+by\s+/i, '');
  return joined({ ...parts, order: `order by ${expr}${rest === '' ? '' : `, ${rest}`}` });
}

/** What a click on a column's head does: up, down, and away again. */
export function nextOrder(current: Order | null, expr: string, first: 'up' | 'down'): Order | null {
  if (current?.expr !== expr) return { expr, descending: first === 'down' };
  return current.descending === (first === 'down') ? { expr, descending: !current.descending } : null;
}

function joined({ where, order, limit }: Parts): string {
  return [where, order, limit].filter((part) => part !== '').join(' ');
}

function partsOf(q: string): Parts | undefined {
  let tokens: readonly Token[];
  try {
    tokens = tokenize(q);
  } catch {
    return undefined;
  }
  const order = placeOf(tokens, (token, next) => isWord(token, 'order') && isWord(next, 'by')) ?? q.length;
  const limit = placeOf(tokens, (token, next) => isWord(token, 'limit') && next?.kind === 'number') ?? q.length;
  return {
    where: q.slice(0, Math.min(order, limit)).trim(),
    order: order < limit ? q.slice(order, limit).trim() : '',
    limit: q.slice(limit).trim(),
  };
}

function placeOf(tokens: readonly Token[], fits: (token: Token, next: Token | undefined) => boolean): number | undefined {
  return tokens.find((token, at) => fits(token, tokens[at + 1]))?.at;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.value.toLowerCase() === word;
}
