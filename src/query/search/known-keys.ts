// Keys that a search names and no run has: most often a slip, and seldom worth an error.

import type { SearchKeys } from '../../storage/search/query.js';
import { type Value, valuesIn, valuesWithin } from '../../storage/search/tree.js';
import { nearest } from './names.js';
import type { Search } from './parser.js';
import { printValue } from './printer.js';

export interface UnknownKey {
  /** As a search writes it: `metrics.val_los`. */
  readonly name: string;
  /** The key that was probably meant, written alike. */
  readonly suggestion: string | undefined;
}

const KINDS = { param: 'params', tag: 'tags', metric: 'metrics' } as const;

/** Each unknown key once, in the order met. */
export function unknownKeys({ where, orderBy }: Pick<Search, 'where' | 'orderBy'>, keys: SearchKeys): UnknownKey[] {
  const named = [...(where === null ? [] : valuesIn(where)), ...orderBy.flatMap(({ by }) => valuesWithin(by))];
  const unknown = named.flatMap((value) => {
    if (value.kind !== 'param' && value.kind !== 'tag' && value.kind !== 'metric') return [];
    const known = keys[KINDS[value.kind]];
    if (known.includes(value.key)) return [];
    const near = nearest(value.key, known);
    return [{ name: keyText(value, value.key), suggestion: near === undefined ? undefined : keyText(value, near) }];
  });
  return [...new Map(unknown.map((one) => [one.name, one])).values()];
}

function keyText({ kind }: Extract<Value, { kind: keyof typeof KINDS }>, key: string): string {
  return printValue(kind === 'metric' ? { kind, key, phase: '', stat: 'last' } : { kind, key });
}
