// Keeps the list of runs as it is now: changed rows are patched, new runs appear at the top of a fresh first page.

import { type InfiniteData, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { type RunsQuestion, readRuns } from '../../../api/hooks';
import { keys } from '../../../api/keys';
import { subscribe } from '../../../api/live/live';
import { patchRows } from '../../../api/patches';
import type { LiveItem, RunPage, RunRow } from '../../../api/types';
import { withHead } from './list-patches';

/** ms between two reads of the first page, however many runs begin. */
const PACE_MS = 1_000;
const TYPES = ['run_changed', 'run_deleted', 'run_touched'] as const;

export function useLiveRows(question: RunsQuestion): void {
  const client = useQueryClient();
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const readHead = (): void => {
      timer ??= setTimeout(() => {
        timer = null;
        void refreshHead(client, latest.current);
      }, PACE_MS);
    };
    const leave = subscribe({ types: TYPES }, (items) => {
      const changed = patchRows(client, newest(items));
      const others = items.some(({ type }) => type !== 'run_changed');
      if (others || changed.length > 0) readHead();
    });
    return () => {
      leave();
      if (timer !== null) clearTimeout(timer);
    };
  }, [client]);
}

/** The last state of each run. */
function newest(items: readonly LiveItem[]): readonly RunRow[] {
  return [
    ...new Map(items.flatMap((item): [string, RunRow][] => (item.type === 'run_changed' ? [[item.run.runId, item.run]] : []))).values(),
  ];
}

async function refreshHead(client: QueryClient, question: RunsQuestion): Promise<void> {
  try {
    const head = await readRuns(question, null);
    client.setQueryData<InfiniteData<RunPage>>(keys.runs(question), (list) => list && withHead(list, head));
  } catch {
    // The stream or the next look tells what is wrong with the connection.
  }
}
