// The stable JSON of `xtrack top --json`: one object a run. Fields are added, never changed.

import { runSummary } from '../run-json.js';
import type { TopRun } from './top-run.js';

/** Times in milliseconds; null where nothing tells. `now` in milliseconds. */
export function rowJson(row: TopRun, now: number): object {
  const { run, step, perSecond, metrics } = row;
  return {
    ...runSummary(run),
    live: row.live,
    progress: run.progress,
    elapsedMs: row.elapsed(now),
    remainingMs: row.remaining(now) ?? null,
    step,
    perSecond: perSecond ?? null,
    metrics: metrics.map(({ series: { key, phase, worker, last } }) => ({
      key,
      phase: phase || null,
      worker,
      step: last.step,
      value: last.value,
    })),
  };
}
