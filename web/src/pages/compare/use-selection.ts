// Which runs are compared: those named and those that a search finds, as far as they are there.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { readRuns } from '../../api/hooks';
import type { RunRow } from '../../api/types';
import { faultOf } from '../runs/search/search-check';
import { limitOf } from '../runs/search/search-order';
import { type CompareState, MOST_RUNS } from './compare-state';

/** What answers about runs are kept under. */
const NAME = 'compare-runs';
/** Runs named in one search: its text is bounded. */
const NAMED_AT_ONCE = 40;
/** ms after which a search is made anew: new runs may answer it. */
const AGAIN_MS = 15_000;

export interface Selection {
  /** In the order named, then as the search has them; at most 100. */
  readonly runs: readonly RunRow[];
  /** Named, but not there: deleted, or not to be seen. */
  readonly gone: readonly string[];
  /** True where there are more than can be compared. */
  readonly isCut: boolean;
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

export function useSelection({ runs, q, removed }: CompareState): Selection {
  const named = useQuery({
    queryKey: [NAME, 'named', runs],
    queryFn: ({ signal }) => readNamed(runs, signal),
    enabled: runs.length > 0,
    placeholderData: keepPreviousData,
  });
  const fault = useMemo(() => faultOf(q), [q]);
  const found = useQuery({
    queryKey: [NAME, 'found', q],
    queryFn: ({ signal }) => readFound(q, signal),
    enabled: q !== '' && fault === null,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  });
  const byId = new Map((runs.length === 0 ? [] : (named.data ?? [])).map((run) => [run.runId, run]));
  const own = runs.flatMap((runId) => byId.get(runId) ?? []);
  const more = (q === '' || fault !== null ? [] : (found.data ?? [])).filter(({ runId }) => !byId.has(runId) && !removed.includes(runId));
  const all = [...own, ...more];
  const isSettled = named.data !== undefined && !named.isPlaceholderData;
  return {
    runs: all.slice(0, MOST_RUNS),
    gone: isSettled ? runs.filter((runId) => !byId.has(runId)) : [],
    isCut: all.length > MOST_RUNS,
    isLoading: named.isLoading || found.isLoading,
    error: named.error ?? (fault === null ? found.error : new Error(`${fault.message}.`)),
    refetch: () => Promise.all([named.refetch(), found.refetch()]),
  };
}

async function readNamed(runIds: readonly string[], signal: AbortSignal): Promise<RunRow[]> {
  const parts: (readonly string[])[] = [];
  for (let from = 0; from < runIds.length; from += NAMED_AT_ONCE) parts.push(runIds.slice(from, from + NAMED_AT_ONCE));
  const pages = await Promise.all(
    parts.map((part) =>
      readRuns({ q: searchOf(part), columns: [], deleted: false, archived: 'include', limit: part.length }, null, signal),
    ),
  );
  return pages.flatMap(({ runs }) => runs);
}

/** A search for just these runs. */
export function searchOf(runIds: readonly string[]): string {
  return `id in (${runIds.map((runId) => `'${runId.replaceAll("'", "''")}'`).join(', ')})`;
}

async function readFound(q: string, signal: AbortSignal): Promise<readonly RunRow[]> {
  // One more than can be compared tells that there are more.
  const limit = Math.min(limitOf(q) ?? MOST_RUNS + 1, MOST_RUNS + 1);
  return (await readRuns({ q, columns: [], deleted: false, limit }, null, signal)).runs;
}
