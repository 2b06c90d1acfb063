// The marks of the runs shown, each named after its run: checkpoints, commands, changes, restarts, gaps.

import { useQueries } from '@tanstack/react-query';
import { getJson, segment } from '../../../api/client';
import { keys } from '../../../api/keys';
import type { Mark } from '../../../api/types';
import type { ChartAxis, ChartMark } from '../../../charts/series/chart-series';
import { placeMarks } from '../../../charts/series/place-marks';
import type { ComparedRun } from '../compared';

/** Runs whose marks are drawn: with more, nobody could tell them apart. */
export const MOST_MARKED = 12;
const STALE_MS = 10_000;
const NO_ANCHORS = { ts: [], x: [] };

export function useRunMarks(runs: readonly ComparedRun[], axis: ChartAxis, isOn: boolean): readonly ChartMark[] {
  return useQueries({
    queries: (isOn ? runs.slice(0, MOST_MARKED) : []).map((run) => ({
      queryKey: keys.part(run.runId, 'marks'),
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => getJson<readonly Mark[]>(`/runs/${segment(run.runId)}/marks`, signal),
      staleTime: STALE_MS,
    })),
    combine: (answers) =>
      answers.flatMap(({ data }, at) => {
        const run = runs[at];
        if (data === undefined || run === undefined) return [];
        const origin = Date.parse(run.row.startedAt ?? run.row.createdAt) * 1_000;
        return placeMarks(data, axis, origin, NO_ANCHORS).map((mark) => namedMark(mark, run.name));
      }),
  });
}

/** A gap of one run must not cut the curves of the others: it stays a mark, and no break. */
export function namedMark(mark: ChartMark, run: string): ChartMark {
  const title = `${run}: ${mark.title}`;
  return mark.kind === 'gap' ? { ...mark, kind: 'alert', title } : { ...mark, title };
}
