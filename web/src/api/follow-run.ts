// Keeps everything that is shown of one run as it is now: small answers are patched, the others read anew, at a bounded pace.

import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keys, type RunPart } from './keys';
import { subscribe } from './live/live';
import { patchRows, putCommand } from './patches';
import type { LiveItem, LiveItemType } from './types';

/** ms between two reads of the same thing, however often it changes. */
const PACE_MS = 1_000;

const STALE: Partial<Record<LiveItemType, readonly (RunPart | 'detail')[]>> = {
  run_start: ['detail', 'timeline', 'marks'],
  run_end: ['detail', 'timeline', 'metrics'],
  param: ['params'],
  metric: ['metrics'],
  metric_batch: ['metrics'],
  artifact: ['artifacts'],
  checkpoint: ['checkpoints', 'timeline', 'marks'],
  status: ['timeline'],
  gap: ['detail', 'timeline', 'marks'],
  command_result: ['timeline', 'marks'],
  command_changed: ['timeline', 'marks'],
  knob: ['knobs', 'detail'],
  change: ['knobs', 'changes', 'detail', 'timeline', 'marks'],
  run_touched: ['detail', 'params', 'metrics', 'artifacts', 'checkpoints', 'commands', 'knobs', 'changes', 'timeline', 'marks'],
};

/** For the page of a run. Only what is on the screen is read anew. */
export function useFollowRun(runId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const stale = new StaleParts(client, runId);
    const leave = subscribe({ runs: [runId] }, (items) => take(client, runId, items, stale));
    return () => {
      leave();
      stale.stop();
    };
  }, [client, runId]);
}

function take(client: QueryClient, runId: string, items: readonly LiveItem[], stale: StaleParts): void {
  let row: Extract<LiveItem, { type: 'run_changed' }> | undefined;
  for (const item of items) {
    if (item.type === 'run_changed') row = item;
    if (item.type === 'command_changed') putCommand(client, item.command);
    if (item.type === 'run_deleted') void client.invalidateQueries({ queryKey: keys.detail(runId) });
    stale.add(STALE[item.type] ?? []);
  }
  if (row !== undefined) patchRows(client, [row.run]);
}

/** Parts to read anew, each at most once a pace. */
class StaleParts {
  readonly #client: QueryClient;
  readonly #runId: string;
  readonly #parts = new Set<RunPart | 'detail'>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(client: QueryClient, runId: string) {
    this.#client = client;
    this.#runId = runId;
  }

  add(parts: readonly (RunPart | 'detail')[]): void {
    for (const part of parts) this.#parts.add(part);
    if (this.#parts.size > 0) this.#timer ??= setTimeout(() => this.#read(), PACE_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #read(): void {
    this.#timer = null;
    for (const part of this.#parts) void this.#client.invalidateQueries({ queryKey: [...keys.run(this.#runId), part] });
    this.#parts.clear();
  }
}
