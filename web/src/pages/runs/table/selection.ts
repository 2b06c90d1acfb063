// Which runs are selected, and from which one a range goes on.

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: string | null;
}

export const NOTHING: Selection = { ids: new Set(), anchor: null };

export function toggled({ ids }: Selection, runId: string): Selection {
  const next = new Set(ids);
  if (!next.delete(runId)) next.add(runId);
  return { ids: next, anchor: runId };
}

/** Everything from the anchor to `runId` in the order shown, beside what is selected already. Without an anchor that is shown: only it. */
export function extended({ ids, anchor }: Selection, runId: string, shown: readonly string[]): Selection {
  const from = anchor === null ? -1 : shown.indexOf(anchor);
  const to = shown.indexOf(runId);
  if (from < 0 || to < 0) return { ids: new Set([...ids, runId]), anchor: runId };
  return { ids: new Set([...ids, ...shown.slice(Math.min(from, to), Math.max(from, to) + 1)]), anchor };
}

/** All of these are selected, or, where they are already, none of them any more. */
export function allToggled({ ids, anchor }: Selection, runIds: readonly string[]): Selection {
  const whole = runIds.length > 0 && runIds.every((runId) => ids.has(runId));
  const next = new Set(ids);
  for (const runId of runIds) {
    if (whole) next.delete(runId);
    else next.add(runId);
  }
  return { ids: next, anchor };
}
