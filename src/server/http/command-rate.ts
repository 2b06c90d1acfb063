// How many commands a run may be given in a while: a stuck key or a script in a loop must not flood its workers.

import { XTrackError } from '../../protocol/errors.js';

const WINDOW_MS = 10_000;
/** Commands per run in a window; a slider that is dragged sends a few a second. */
const MAX_COMMANDS = 100;
/** Runs that are counted; the one longest without a command is forgotten first. */
const MAX_RUNS = 1_000;

export class CommandRate {
  private readonly times = new Map<string, number[]>();

  /** Counts one more. Throws XT_BUSY where it is one too many. `now`: ms of the monotonic clock. */
  count(runId: string, now: number): void {
    const recent = (this.times.get(runId) ?? []).filter((time) => now - time < WINDOW_MS);
    if (recent.length >= MAX_COMMANDS)
      throw new XTrackError('XT_BUSY', { detail: `run '${runId}' was given ${MAX_COMMANDS} commands in ${WINDOW_MS / 1000} s` });
    recent.push(now);
    this.times.delete(runId);
    this.times.set(runId, recent);
    for (const oldest of this.times.keys()) {
      if (this.times.size <= MAX_RUNS) break;
      this.times.delete(oldest);
    }
  }
}
