// The server of a database may start after who uses it: a machine that boots, a failover, an upgrade.

import { setTimeout as delay } from 'node:timers/promises';
import { isAway } from './driver.js';

/** Between two tries (ms). */
const PAUSE_MS = 500;

/** Does `work`, and again for `ms` while no server answers; says so once. What a server that is there refuses is refused. */
export async function whenReady<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + ms;
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() >= until || !isAway(error)) throw error;
      const reason = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error);
      if (!told) process.emitWarning(`the database does not answer yet (${reason}); it is waited for`, { type: 'XTrackWarning' });
      await delay(PAUSE_MS);
    }
  }
}
