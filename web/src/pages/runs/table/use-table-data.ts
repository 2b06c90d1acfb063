// The runs of a view as rows of the table: page after page, all of them where they are grouped, kept live.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { type RunsQuestion, readRuns, useRuns } from '../../../api/hooks';
import type { RunRow } from '../../../api/types';
import { formatNumber, formatParam } from '../../../components/format';
import { kindOf, type RunColumn } from '../columns/columns';
import { isGrouped, questionOf, valuesOf } from '../search/runs-question';
import { limitOf } from '../search/search-order';
import type { RunsView } from '../view/view-state';
import { type Grouping, NONE, type TableRow, type TableRun, tableRows } from './groups';
import { itemOf, numberPlaces, runsOf } from './table-items';
import { useLiveRows } from './use-live-rows';

const NO_COLUMNS: readonly RunColumn[] = [];

export interface TableData {
  readonly rows: readonly TableRow[];
  readonly runs: readonly TableRun[];
  /** What is asked of the server, in the order of the values. */
  readonly asked: readonly string[];
  /** Of what is asked, that which has only numbers. */
  readonly numeric: ReadonlySet<string>;
  readonly question: RunsQuestion;
  /** There are more runs than are loaded. */
  readonly more: boolean;
  readonly loading: boolean;
  /** Another search is on its way; what is shown is of the one before. */
  readonly old: boolean;
  readonly error: Error | null;
  readonly loadMore: () => void;
  readonly refetch: () => void;
}

/** `columns`: null while they are not known, so that nothing is asked twice. `experimentId`: only its runs. */
export function useTableData(view: RunsView, columns: readonly RunColumn[] | null, experimentId: string | undefined): TableData {
  const { group } = view;
  const grouped = isGrouped(view);
  const asked = useMemo(() => valuesOf(view, columns ?? NO_COLUMNS), [view, columns]);
  const question = questionOf(view, asked, experimentId);
  const list = useRuns(question, columns !== null);
  const { data, isFetchingNextPage, fetchNextPage } = list;
  const hasNextPage = list.hasNextPage && limitOf(view.q) === null;
  const runs = useMemo(() => (data?.pages ?? []).flatMap(runsOf), [data]);
  const numeric = useMemo(() => new Set([...numberPlaces(runs)].flatMap((at) => asked[at] ?? [])), [runs, asked]);
  const pinned = usePinned(view, asked);
  useLiveRows(question);
  useEffect(() => {
    if (grouped && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [grouped, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const rows = useMemo(() => {
    const grouping: Grouping | null = grouped && group !== null ? { labelOf: labeller(group, asked), closed: new Set(view.closed) } : null;
    return tableRows(runs, pinned, grouping);
  }, [runs, pinned, grouped, group, asked, view.closed]);
  return {
    rows,
    runs,
    asked,
    numeric,
    question,
    more: hasNextPage,
    loading: list.isPending,
    old: list.isPlaceholderData,
    error: list.error,
    loadMore: () => {
      if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
    },
    refetch: () => void list.refetch(),
  };
}

const NO_RUNS: readonly TableRun[] = [];

/** The pinned runs, wherever they would stand; under the key of lists, so that they change as those do. */
function usePinned({ pinned, trash }: RunsView, asked: readonly string[]): readonly TableRun[] {
  const question: RunsQuestion = { q: idsSearch(pinned), columns: asked, deleted: false, archived: 'include' };
  const { data } = useQuery({
    queryKey: ['pinned', question],
    queryFn: ({ signal }) => readRuns(question, null, signal),
    enabled: pinned.length > 0 && !trash,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => {
    if (data === undefined || pinned.length === 0 || trash) return NO_RUNS;
    const byId = new Map(data.runs.map((run, at): [string, TableRun] => [run.runId, itemOf(run, data.values[at] ?? [])]));
    return pinned.flatMap((runId) => byId.get(runId) ?? []);
  }, [data, pinned, trash]);
}

/** A search for exactly these runs. */
export function idsSearch(runIds: readonly string[]): string {
  return `id in (${runIds.map((runId) => `'${runId.replaceAll("'", "''")}'`).join(', ')})`;
}

function labeller(group: string, asked: readonly string[]): Grouping['labelOf'] {
  const at = asked.indexOf(group);
  if (at >= 0) {
    const format = kindOf(group) === 'param' ? formatParam : formatNumber;
    return ({ values }) => {
      const value = values[at];
      return value === null || value === undefined ? NONE : typeof value === 'number' ? format(value) : value;
    };
  }
  return kindOf(group) === 'field' ? ({ run }) => fieldText(run, group) : () => NONE;
}

function fieldText(run: RunRow, field: string): string {
  if (field === 'status') return run.status;
  if (field === 'experiment') return run.experimentId ?? NONE;
  if (field === 'parent') return run.parentRunId ?? NONE;
  const time = field === 'created' ? run.createdAt : field === 'started' ? run.startedAt : field === 'ended' ? run.endedAt : null;
  // Times are grouped by day.
  return time?.slice(0, 10) ?? NONE;
}
