// Listening and looking: what another process commits to a shared store is not always heard.

import { isFinal } from './protocol/events.js';
import { type Run, toRun } from './query/run.js';
import type { BusItem, Lagged } from './runtime/bus.js';

/** Where nothing is heard of a run, it is looked at so often (ms): another control plane may hold it. */
const LOOK_MS = 1_000;

/** The run when it is over; undefined: the items ended before. */
export async function untilOver(items: AsyncIterable<BusItem | Lagged>, look: () => Promise<Run>): Promise<Run | undefined> {
  const now = await look();
  if (isFinal(now.status)) return now;
  for await (const item of nowAndThen(items, LOOK_MS)) {
    const run = item === undefined ? await look() : item.type === 'run_changed' ? toRun(item.record) : undefined;
    if (run !== undefined && isFinal(run.status)) return run;
  }
  return undefined;
}

/** The items as they come, and undefined whenever none came for `ms`: time to look whether something was missed. */
export async function* nowAndThen<T>(items: AsyncIterable<T>, ms: number): AsyncGenerator<T | undefined, void> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (;;) {
      const found = await within(next, ms);
      if (found?.done === true) return;
      if (found === undefined) yield undefined;
      else {
        next = iterator.next();
        // It is awaited in the next turn, or by nobody.
        next.catch(() => undefined);
        yield found.value;
      }
    }
  } finally {
    await iterator.return?.();
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
    timer.unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
