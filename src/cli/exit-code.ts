// The exit code of a run, as a shell would report it for the child itself.

import { constants } from 'node:os';
import type { Run } from '../index.js';

/** The child's code, or 128 + n for signal n; where the exit is unknown, 0 for a completed run and 1 for any other. */
export function exitCodeOf(run: Pick<Run, 'status' | 'exit'>): number {
  const { exit } = run;
  if (exit?.signal) return 128 + signalNumber(exit.signal);
  return exit?.code ?? (run.status === 'completed' ? 0 : 1);
}

function signalNumber(name: string): number {
  return new Map<string, number>(Object.entries(constants.signals)).get(name) ?? 0;
}
