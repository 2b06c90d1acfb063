// Shows progress as soon as the run tells it, and keeps the counts of the tabs from growing old.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keys } from '../../api/keys';
import { subscribe } from '../../api/live';
import type { RunDetail } from '../../api/types';
import { withStatus } from './run-status';

/** ms between two reads of the counts. */
const COUNTS_MS = 3_000;

export function useRunStatus(runId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const recount = (): void => {
      timer = null;
      void client.invalidateQueries({ queryKey: keys.detail(runId) });
    };
    const leave = subscribe({ runs: [runId], types: ['status', 'log', 'artifact', 'checkpoint'] }, (items) => {
      for (const item of items) {
        if (item.type === 'status') client.setQueryData<RunDetail>(keys.detail(runId), (before) => before && withStatus(before, item));
        else timer ??= setTimeout(recount, COUNTS_MS);
      }
    });
    return () => {
      leave();
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, runId]);
}
