// How a supervised process ended, in the words of a run: status and error.

import { constants } from 'node:os';
import type { EndStatus, RunError } from '../protocol/index.js';

/** Both are null for a process whose parent this control plane was not. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What the exit means for the run; whatever a stop was asked for is killed. */
export function endStatus(how: Exit, stopRequested: boolean): EndStatus {
  if (stopRequested) return 'killed';
  return how.code === 0 ? 'completed' : 'failed';
}

/** Why the process ended; `stderrTail` is its last output. */
export function exitError(how: Exit, status: EndStatus, stderrTail: readonly string[]): RunError {
  const traceback = stderrTail.length === 0 ? {} : { traceback: stderrTail.join('\n') };
  if (how.signal !== null) {
    const message = `the process was killed by signal ${constants.signals[how.signal]} (${how.signal})`;
    return { type: status === 'killed' ? 'Stopped' : 'Signal', message, ...traceback };
  }
  if (how.code !== null) return { type: 'ExitCode', message: `the process exited with code ${how.code} and no run_end`, ...traceback };
  return {
    type: 'ExitUnknown',
    message: 'the process ended while no control plane was its parent: its exit code is unknown',
    ...traceback,
  };
}
