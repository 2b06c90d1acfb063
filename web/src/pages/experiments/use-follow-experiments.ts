// Keeps the list of experiments as it is now, at a bounded pace.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keys } from '../../api/keys';
import { subscribe } from '../../api/live/live';

const PACE_MS = 2_000;

/** `prefixes`: further answers that hang on the runs. */
export function useFollowExperiments(prefixes: readonly string[] = []): void {
  const client = useQueryClient();
  const names = prefixes.join(' ');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const leave = subscribe({ types: ['run_changed', 'run_deleted', 'run_touched'] }, () => {
      timer ??= setTimeout(() => {
        timer = null;
        for (const key of [keys.experiments[0], ...names.split(' ')]) void client.invalidateQueries({ queryKey: [key] });
      }, PACE_MS);
    });
    return () => {
      leave();
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, names]);
}
