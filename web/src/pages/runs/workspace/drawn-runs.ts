// Which runs of the list have their curves drawn: the first of its order that no eye hides; whole groups where it is grouped.

import { type ColourScheme, isDashed, seriesColour } from '../../../charts/plot/palette';
import { nameOf } from '../../../components/run-name';
import { type RunLooks, runColour } from '../../../theme/run-looks';
import type { DrawnRun, RunGroup } from '../../compare/series/chart-curves';
import type { TableRow } from '../table/groups';

/** Runs drawn of a list, and of one that is grouped. */
const MOST_DRAWN = { each: 12, grouped: 100 } as const;

export interface DrawnRuns {
  readonly runs: readonly DrawnRun[];
  /** Null: each run has a curve of its own. */
  readonly groups: readonly RunGroup[] | null;
  /** Runs of the list that are not drawn. */
  readonly others: number;
}

export function drawnRuns(rows: readonly TableRow[], looks: RunLooks, scheme: ColourScheme): DrawnRuns {
  const groups = rows.flatMap((row) => (row.kind === 'group' ? [row.group] : []));
  const items = groups.length > 0 ? groups.flatMap(({ runs }) => runs) : rows.flatMap((row) => (row.kind === 'run' ? [row.item] : []));
  const unique = [...new Map(items.map((item) => [item.run.runId, item.run])).values()];
  const visible = unique.filter(({ runId }) => looks[runId]?.hidden !== true);
  const shown = visible.slice(0, groups.length > 0 ? MOST_DRAWN.grouped : MOST_DRAWN.each);
  const runs = shown.map(
    (run): DrawnRun => ({ runId: run.runId, name: nameOf(run), colour: runColour(run.runId, looks, scheme), dashed: false }),
  );
  return { runs, groups: groups.length > 0 ? groups.map(toGroup) : null, others: unique.length - runs.length };

  function toGroup({ label, runs: members }: (typeof groups)[number], at: number): RunGroup {
    return { label, colour: seriesColour(at, scheme), dashed: isDashed(at), runIds: new Set(members.map(({ run }) => run.runId)) };
  }
}
