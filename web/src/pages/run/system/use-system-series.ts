// The series behind the System tab, kept up with while the run is live.

import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { subscribe } from '../../../api/live/live';
import { readSeries } from '../../../api/series';
import type { LiveItem, RunDetail, Series } from '../../../api/types';
import { SYSTEM_PREFIX, type SystemGroup } from './system-groups';

/** Enough for the width of a small chart. */
const MOST_POINTS = 600;
/** ms between two reads, however often the machine is looked at. */
const PACE_MS = 1_000;

export type SystemSeries = ReadonlyMap<string, readonly Series[]>;

/** By key. */
export function useSystemSeries({ runId }: RunDetail, groups: readonly SystemGroup[]): UseQueryResult<SystemSeries, Error> {
  const wanted = useMemo(() => groups.flatMap((group) => group.keys.map(({ key }) => key)), [groups]);
  const answer = useQuery<SystemSeries>({
    queryKey: ['series', runId, 'system', wanted],
    queryFn: async ({ signal }) => {
      const queries = wanted.map((key) => ({ runId, key }));
      const found = await readSeries(queries, { by: 'relative', maxPoints: MOST_POINTS }, signal);
      return new Map(wanted.map((key, at) => [key, found[at] ?? []]));
    },
    placeholderData: keepPreviousData,
  });
  const { refetch } = answer;
  useEffect(() => followSystem(runId, () => void refetch()), [runId, refetch]);
  return answer;
}

function followSystem(runId: string, reread: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const leave = subscribe({ runs: [runId], types: ['metric', 'metric_batch', 'run_touched'] }, (items) => {
    if (!items.some(isSystem)) return;
    timer ??= setTimeout(() => {
      timer = null;
      reread();
    }, PACE_MS);
  });
  return () => {
    leave();
    if (timer !== null) clearTimeout(timer);
  };
}

function isSystem(item: LiveItem): boolean {
  if (item.type === 'metric') return item.key.startsWith(SYSTEM_PREFIX);
  if (item.type === 'metric_batch') return Object.keys(item.metrics).some((key) => key.startsWith(SYSTEM_PREFIX));
  return item.type === 'run_touched';
}
