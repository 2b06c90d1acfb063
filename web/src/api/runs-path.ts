// How a list of runs is asked for: by the page, and ahead of it while its scripts are on their way.

import { queryOf } from './client';

/** Runs on a page of the list. */
const PAGE = 200;

export interface RunsQuestion {
  /** In the search language. */
  readonly q: string;
  /** Values of each run, in the search language. */
  readonly columns: readonly string[];
  /** Only what lies in the trash. */
  readonly deleted: boolean;
  /** Left out: archived runs are not shown. */
  readonly archived?: 'include' | 'only' | undefined;
  /** Runs a page, up to 10,000. */
  readonly limit?: number | undefined;
}

/** The path of one page of the list. */
export function runsPath({ q, columns, deleted, archived, limit = PAGE }: RunsQuestion, cursor: string | null): string {
  const query = queryOf({
    q,
    limit,
    cursor,
    columns: columns.length === 0 ? undefined : JSON.stringify(columns),
    deleted: deleted ? 'only' : undefined,
    archived,
  });
  return `/runs${query}`;
}
