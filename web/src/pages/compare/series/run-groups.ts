// Runs in groups by what they share: a param, a tag, an experiment.

import { COLOURS, type ColourScheme, isDashed, seriesColour } from '../../../charts/plot/palette';
import type { Compared, ComparedRun } from '../compared';
import type { Quantity } from '../quantities';
import type { RunGroup } from './chart-curves';

/** Groups that can be told apart in one chart. */
const MOST_GROUPS = 2 * COLOURS;

/** What runs can be grouped by: whatever has more than one value, and fewer than there are runs. */
export function groupings({ quantities, runs }: Compared): Quantity[] {
  return quantities.filter(({ kind, id, values }) => {
    const distinct = new Set(values).size;
    return kind !== 'metric' && id !== 'duration' && distinct > 1 && distinct < runs.length;
  });
}

/** Groups by value, numbers by size; those without a value come last. Colours stay whoever is hidden. */
export function groupsOf(by: Quantity, runs: readonly ComparedRun[], scheme: ColourScheme): RunGroup[] {
  const members = new Map<string, string[]>();
  for (const [at, value] of by.values.entries()) {
    const label = value === null ? `${by.label}: none` : `${by.label} = ${value}`;
    const group = members.get(label) ?? [];
    group.push(runs[at]?.runId ?? '');
    members.set(label, group);
  }
  const none = `${by.label}: none`;
  const labels = [...members.keys()].sort((a, b) => Number(a === none) - Number(b === none) || a.localeCompare(b, 'en', { numeric: true }));
  return labels.slice(0, MOST_GROUPS).map((label, at) => ({
    label,
    colour: seriesColour(at, scheme),
    dashed: isDashed(at),
    runIds: new Set(members.get(label)),
  }));
}
