// Runs taken into the comparison and out of it, as changes of the page's settings.

import type { CompareState } from '../compare-state';

type Patch = Pick<CompareState, 'runs' | 'removed' | 'hidden'>;

/** Each once, behind those that are there. */
export function withRuns({ runs, removed, hidden }: CompareState, runIds: readonly string[]): Patch {
  return { runs: [...new Set([...runs, ...runIds])], removed: removed.filter((runId) => !runIds.includes(runId)), hidden };
}

/** A run that the search finds is kept out of what it finds. */
export function withoutRun({ runs, removed, hidden, q }: CompareState, runId: string): Patch {
  const others = (all: readonly string[]): string[] => all.filter((one) => one !== runId);
  return { runs: others(runs), removed: q === '' ? [] : [...others(removed), runId], hidden: others(hidden) };
}

/** Those compared, with what was changed a moment ago and is still being read. `found`: what was read last. */
export function chosenRuns({ runs, removed, q }: CompareState, found: readonly string[]): Set<string> {
  return new Set([...runs, ...(q === '' ? [] : found.filter((runId) => !removed.includes(runId)))]);
}
