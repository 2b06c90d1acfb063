// Limits are for what hangs: on a machine that is busy with other things everything takes longer.

import { cpus, loadavg } from 'node:os';

/** What a limit is multiplied by: 1 on a quiet machine, 3 at most. */
export const load = () => Math.min(3, Math.max(1, loadavg()[0] / cpus().length / 1.5));

/** What `promise` gives, or `late` after so long (ms). A timer that nobody waits for any more keeps no process alive. */
export async function within(promise, ms, late) {
  let timer;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, ms, late);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
