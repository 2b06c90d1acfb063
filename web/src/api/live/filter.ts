// Which items a part of the page listens to, and what the one stream must carry so that all parts get theirs.

import type { LiveItem, LiveItemType } from '../types';

export interface LiveFilter {
  /** Left out: all runs. */
  readonly runs?: readonly string[];
  /** Left out: all types. */
  readonly types?: readonly LiveItemType[];
}

/** What a stream may name at most; beyond it, all are asked for. */
const MOST_RUNS = 200;
/** What is listened to when nobody listens: it tells that the connection is there. */
const QUIET: readonly LiveItemType[] = ['run_deleted'];

export function passes({ runs, types }: LiveFilter, item: LiveItem): boolean {
  return (types === undefined || types.includes(item.type)) && (runs === undefined || runs.includes(runOf(item)));
}

/** The parameters of a stream that carries everything that any of them lets through. */
export function unionOf(filters: readonly LiveFilter[]): { readonly runs?: string; readonly types?: string } {
  if (filters.length === 0) return { types: QUIET.join(',') };
  const runs = union(filters.map((filter) => filter.runs));
  const types = union(filters.map((filter) => filter.types));
  return {
    ...(runs !== undefined && runs.length <= MOST_RUNS && { runs: runs.join(',') }),
    ...(types !== undefined && { types: types.join(',') }),
  };
}

/** Sorted; undefined where one of them takes everything. */
function union(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  if (lists.includes(undefined)) return undefined;
  return [...new Set(lists.flatMap((list) => list ?? []))].sort();
}

function runOf(item: LiveItem): string {
  if (item.type === 'run_changed') return item.run.runId;
  return item.type === 'command_changed' ? item.command.runId : item.runId;
}
