// Keeps what is compared fresh while runs go on: something came from one of them, so it is read anew, at a bounded pace.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { subscribe } from '../../api/live/live';
import { isOver } from '../../api/patches';
import type { RunRow } from '../../api/types';

/** ms between two reads; as many times as long as a read takes where that is more. */
const PACE_MS = 1_000;
const REST = 3;

/** Answers that hang on what the runs do. */
const NAMES = ['compare', 'series', 'compare-runs'] as const;

/** A read that is on its way is left to end: else one that takes longer than the pace would never. */
const UNDISTURBED = { cancelRefetch: false } as const;

export function useFollowRuns(runs: readonly RunRow[]): void {
  const client = useQueryClient();
  const names = useMemo(() => runs.flatMap((run) => (isOver(run) ? [] : [run.runId])).join(','), [runs]);
  useEffect(() => {
    if (names === '') return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let pace = PACE_MS;
    const read = async (): Promise<void> => {
      const began = performance.now();
      await Promise.all(NAMES.map((name) => client.invalidateQueries({ queryKey: [name] }, UNDISTURBED)));
      pace = Math.max(PACE_MS, REST * (performance.now() - began));
      timer = null;
    };
    const leave = subscribe({ runs: names.split(','), types: ['metric', 'metric_batch', 'param', 'run_changed', 'run_touched'] }, () => {
      timer ??= setTimeout(() => void read(), pace);
    });
    return () => {
      leave();
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, names]);
}
