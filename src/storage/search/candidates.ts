// Runs offered one by one to a search in memory: those for which it holds, from the cursor on, in order.

import type { RunFacts } from './facts.js';
import { type Candidate, compareKeys, type KeyValue, keysOf, type OrderKey, orderKeys, pageOf, shownOf, startOf } from './page.js';
import { holds } from './predicate.js';
import type { SearchPage, SearchQuery } from './query.js';

export class CandidateSearch<Run> {
  readonly #query: SearchQuery;
  readonly #keys: readonly OrderKey[];
  readonly #start: readonly KeyValue[] | undefined;
  #found: Candidate<Run>[] = [];

  /** Throws XT_ARGUMENT for a limit or a cursor that is none. */
  constructor(query: SearchQuery) {
    this.#query = query;
    this.#keys = orderKeys(query.orderBy);
    this.#start = startOf(this.#keys, query);
  }

  offer(run: Run, facts: RunFacts): void {
    if (this.#query.where !== null && holds(this.#query.where, facts) !== true) return;
    const keys = keysOf(this.#keys, facts);
    if (this.#start !== undefined && compareKeys(this.#keys, keys, this.#start) <= 0) return;
    this.#found.push({ run, keys, values: shownOf(this.#query.select ?? [], facts) });
  }

  /** The page of what was offered together with what a database found, which is in order. */
  page(others: readonly Candidate<Run>[]): SearchPage<Run> {
    this.#found.sort((a, b) => compareKeys(this.#keys, a.keys, b.keys));
    return pageOf(this.#keys, this.#query, ...(others.length === 0 ? [this.#found] : [this.#found, others]));
  }
}
