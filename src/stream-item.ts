// What a subscriber of the public API gets: rows of runs become runs, everything else passes through.

import { type Run, toRun } from './query/run.js';
import type { BusItem, Lagged } from './runtime/bus.js';

/** What `subscribe` yields: events once they are durable, changes of runs and commands, and what was missed. */
export type StreamItem =
  | Exclude<BusItem, { type: 'run_changed' }>
  | { readonly type: 'run_changed'; readonly runId: string; readonly run: Run }
  | Lagged;

/** Rows as runs; everything else passes through. */
export function publicItems(items: AsyncIterableIterator<BusItem | Lagged>): AsyncIterableIterator<StreamItem> {
  const convert = ({ done, value }: IteratorResult<BusItem | Lagged>): IteratorResult<StreamItem> => {
    if (done === true) return { done, value: undefined };
    return {
      done: false,
      value: value.type === 'run_changed' ? { type: value.type, runId: value.runId, run: toRun(value.record) } : value,
    };
  };
  return {
    next: async () => convert(await items.next()),
    return: async () => {
      await items.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
