// Ends what is still open when the process does: by itself as completed, on an error as failed, and never by keeping it alive.

import type { EmitterRun } from './run.js';

const open = new Set<EmitterRun>();
let thrown: unknown;

/** From now on the run ends with the process at the latest. */
export function watchProcess(run: EmitterRun): void {
  if (open.size === 0) {
    process.on('uncaughtExceptionMonitor', remember);
    process.on('beforeExit', endAll);
    process.on('exit', endAllAtExit);
  }
  open.add(run);
}

export function unwatchProcess(run: EmitterRun): void {
  open.delete(run);
  if (open.size > 0) return;
  process.off('uncaughtExceptionMonitor', remember);
  process.off('beforeExit', endAll);
  process.off('exit', endAllAtExit);
}

function remember(error: unknown): void {
  thrown = error;
}

/** Nothing is left to do, so there is time: waiting for acks keeps the process alive until they came, or time is up. */
function endAll(code: number): void {
  for (const run of open) run.endByItself(...outcome(code));
}

function endAllAtExit(code: number): void {
  for (const run of open) run.endAtExit(...outcome(code));
}

function outcome(code: number): Parameters<EmitterRun['endAtExit']> {
  if (code === 0) return ['completed', {}];
  return ['failed', { error: thrown ?? new ExitCode(`the process exited with code ${code}`) }];
}

class ExitCode extends Error {
  override readonly name = 'ExitCode';
}
