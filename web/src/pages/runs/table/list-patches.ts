// Changes of a loaded list: a fresh first page, fresh values of some runs.

import type { InfiniteData } from '@tanstack/react-query';
import type { ColumnValue, RunPage, RunRow } from '../../../api/types';

type RunList = InfiniteData<RunPage>;

/**
 * The list with a fresh first page. Runs that were pushed off it stay behind it, so that none falls between it and the next page; runs
 * that the old first page had and that are gone altogether are told by having stood before one that is still there.
 */
export function withHead(list: RunList, head: RunPage): RunList {
  const [first, ...rest] = list.pages;
  if (first === undefined) return list;
  const fresh = new Set(head.runs.map(({ runId }) => runId));
  const last = first.runs.findLastIndex(({ runId }) => fresh.has(runId));
  // Without a next page the fresh one is all that there is.
  const kept = head.cursor === null ? [] : first.runs.map((_run, at) => at).filter((at) => at > last && !fresh.has(idAt(first, at)));
  const runs = [...head.runs, ...kept.map((at) => first.runs[at] as RunRow)];
  const values = [...head.values, ...kept.map((at) => first.values[at] ?? [])];
  const cursor = rest.length === 0 && kept.length === 0 ? head.cursor : first.cursor;
  const later = head.cursor === null ? [] : rest.map((page) => without(page, fresh));
  return { pages: [{ runs, values, cursor }, ...later], pageParams: list.pageParams.slice(0, 1 + later.length) };
}

function idAt(page: RunPage, at: number): string {
  return page.runs[at]?.runId ?? '';
}

function without(page: RunPage, runIds: ReadonlySet<string>): RunPage {
  if (!page.runs.some(({ runId }) => runIds.has(runId))) return page;
  const kept = page.runs.map((_run, at) => at).filter((at) => !runIds.has(idAt(page, at)));
  return { ...page, runs: kept.map((at) => page.runs[at] as RunRow), values: kept.map((at) => page.values[at] ?? []) };
}

/** The list with new values of some runs; the very same one where none of them changed. */
export function withValues(list: RunList, values: ReadonlyMap<string, readonly ColumnValue[]>): RunList {
  let changed = false;
  const pages = list.pages.map((page) => {
    const next = page.values.map((old, at) => {
      const fresh = values.get(idAt(page, at));
      return fresh === undefined || same(old, fresh) ? old : fresh;
    });
    if (next.every((row, at) => row === page.values[at])) return page;
    changed = true;
    return { ...page, values: next };
  });
  return changed ? { ...list, pages } : list;
}

function same(a: readonly ColumnValue[], b: readonly ColumnValue[]): boolean {
  return a.length === b.length && a.every((value, at) => Object.is(value, b[at]));
}
