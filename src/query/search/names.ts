// The words of the search language, and the nearest of them to one that was mistyped.

import { XTrackError } from '../../protocol/errors.js';
import type { Field, MathFunction, Stat } from '../../storage/search/tree.js';
import type { RunStatus } from '../../storage/store.js';

export const FIELDS: readonly Field[] = ['id', 'name', 'status', 'experiment', 'parent', 'created', 'started', 'ended', 'duration'];
/** What stands before a key and a dot. */
export const PREFIXES = ['params', 'metrics', 'tags'] as const;
export const STATS: readonly Stat[] = ['last', 'min', 'max', 'first', 'count'];
const MATH: readonly MathFunction[] = ['abs', 'sqrt', 'log', 'log10'];
export const FUNCTIONS: readonly string[] = [...STATS, 'best', ...MATH];
export const STATUSES: readonly RunStatus[] = [
  ...(['pending', 'initializing', 'running', 'training', 'evaluating', 'checkpointing', 'paused', 'resuming', 'finishing'] as const),
  ...(['interrupted', 'completed', 'failed', 'killed'] as const),
];
/** Words that end a value and so never begin one. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  ...['and', 'or', 'not', 'in', 'is', 'like', 'ilike', 'between', 'null', 'nan', 'order', 'by', 'limit', 'asc', 'desc', 'nulls'],
]);

/** A search that cannot be read: where, what stands there, and what could have. */
export class SearchError extends XTrackError {
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** What stands there; '' at the end of the text. */
  readonly token: string;
  /** The name that was probably meant. */
  readonly suggestion: string | undefined;

  constructor(
    problem: string,
    place: { readonly at: number; readonly token: string; readonly suggestion?: string | undefined },
    code: 'XT_SEARCH' | 'XT_SEARCH_COST' = 'XT_SEARCH',
  ) {
    const hint = place.suggestion === undefined ? '' : `; did you mean ${place.suggestion}?`;
    super(code, { detail: `column ${place.at + 1}: ${problem}${hint}` });
    this.column = place.at + 1;
    this.token = place.token;
    this.suggestion = place.suggestion;
  }
}

/** The candidate that is fewest edits away, where that is near enough to be what was meant. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let distance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= distance) continue;
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < distance) [best, distance] = [candidate, edits];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, (before[j - 2] as number) + 1);
      row.push(edits);
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}
