// What is asked of a store's search, and what it answers.

import { XTrackError } from '../../protocol/errors.js';
import { compareText } from '../text.js';
import { type Condition, type OrderTerm, type Value, valuesIn, valuesWithin } from './tree.js';

export const MAX_PAGE = 10_000;

/** How long one search may take (ms). */
export const SEARCH_MS = 800;

/** Watches over one search. */
export class SearchClock {
  readonly #end: number;

  /** `within`: ms from now. */
  constructor(within: number = SEARCH_MS) {
    this.#end = performance.now() + within;
  }

  /** Throws XT_SEARCH_COST once the search has taken too long. */
  check(): void {
    if (performance.now() > this.#end) throw tookTooLong();
  }
}

export function tookTooLong(): XTrackError {
  return new XTrackError('XT_SEARCH_COST', { detail: `the search took longer than ${SEARCH_MS / 1_000} s` });
}

/** Which runs, in which order. */
export interface SearchQuery {
  /** Null: every run. */
  readonly where: Condition | null;
  readonly orderBy: readonly OrderTerm[];
  /** Values wanted of each run found. */
  readonly select?: readonly Value[];
  /** Runs on a page: 1 to 10,000. */
  readonly limit: number;
  /** Of the page before; null or left out: the first page. */
  readonly cursor?: string | null;
  /** Runs in the trash, and no others; without it they are left out. */
  readonly deleted?: 'only';
}

/** A value of a run as it is shown: params as numbers where they are numbers, times in µs since the epoch. */
export type Shown = number | string | null;

export interface SearchPage<Run> {
  readonly runs: Run[];
  /** Per run, in the order of `select`. */
  readonly values: Shown[][];
  /** For the page after this one; null: this was the last. */
  readonly cursor: string | null;
}

/** Every key that a search may name, by code point; at most 10,000 of each kind. */
export interface SearchKeys {
  readonly params: string[];
  readonly tags: string[];
  readonly metrics: string[];
}

/** Keys of each kind that are listed. */
export const MAX_KEYS = 10_000;

/** Each key once, in order, no more than are listed. */
export function firstKeys(keys: Iterable<string>): string[] {
  return [...new Set(keys)].sort(compareText).slice(0, MAX_KEYS);
}

/** Keys of the metrics that the answer hangs on. */
export function metricsIn({ where, orderBy, select = [] }: SearchQuery): string[] {
  const asked = [...(where === null ? [] : valuesIn(where)), ...[...orderBy.map(({ by }) => by), ...select].flatMap(valuesWithin)];
  return [...new Set(asked.flatMap((value) => (value.kind === 'metric' ? [value.key] : [])))];
}
