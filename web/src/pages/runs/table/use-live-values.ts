// Metrics of the live runs that are on the screen: read once a second, since they change with every step.

import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { readRuns } from '../../../api/hooks';
import { keys } from '../../../api/keys';
import { isOver } from '../../../api/patches';
import type { RunPage } from '../../../api/types';
import { kindOf } from '../columns/columns';
import type { TableRow } from './groups';
import { withValues } from './list-patches';
import { idsSearch, type TableData } from './use-table-data';

const PACE_MS = 1_000;
const MOST = 200;
/** Nothing comes from them. */
const QUIET: ReadonlySet<string> = new Set(['pending', 'paused', 'interrupted']);

export function useLiveValues({ asked, question }: TableData, visible: readonly TableRow[]): void {
  const client = useQueryClient();
  const latest = useRef({ question, visible });
  latest.current = { question, visible };
  const wanted = asked.some((expr) => ['metric', 'other'].includes(kindOf(expr)));
  useEffect(() => {
    if (!wanted) return;
    let busy = false;
    const look = async (): Promise<void> => {
      const { question: now, visible: rows } = latest.current;
      const runIds = liveIds(rows);
      if (busy || runIds.length === 0 || document.visibilityState === 'hidden') return;
      busy = true;
      try {
        const page = await readRuns(
          { q: idsSearch(runIds), columns: now.columns, deleted: now.deleted, archived: 'include', limit: MOST },
          null,
        );
        const values = new Map(page.runs.map(({ runId }, at) => [runId, page.values[at] ?? []]));
        client.setQueryData<InfiniteData<RunPage>>(keys.runs(now), (list) => list && withValues(list, values));
      } catch {
        // The next look may succeed.
      } finally {
        busy = false;
      }
    };
    const timer = setInterval(() => void look(), PACE_MS);
    return () => clearInterval(timer);
  }, [client, wanted]);
}

function liveIds(rows: readonly TableRow[]): string[] {
  const runs = rows.flatMap((row) => (row.kind === 'run' ? [row.item.run] : []));
  return runs
    .filter((run) => !isOver(run) && !QUIET.has(run.status))
    .map(({ runId }) => runId)
    .slice(0, MOST);
}
