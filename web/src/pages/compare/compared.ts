// The runs compared with all that is known of them: what every view of the page draws from.

import type { RunComparison, RunRow } from '../../api/types';
import { COLOURS, type ColourScheme, isDashed, seriesColour } from '../../charts/plot/palette';
import { nameOf } from '../../components/run-name';
import { palettePlace, type RunLooks } from '../../theme/run-looks';
import { brushed } from './brushes';
import type { CompareState } from './compare-state';
import { type ComparedMetric, comparedMetrics, type Quantity, quantitiesOf } from './quantities';

export interface ComparedRun {
  readonly runId: string;
  readonly name: string;
  readonly row: RunRow;
  readonly colour: string;
  readonly dashed: boolean;
  /** By the eye in the list. */
  readonly isHidden: boolean;
  /** False: a brush leaves it out. */
  readonly passes: boolean;
}

export interface Compared {
  readonly comparison: RunComparison;
  /** In the order of all columns of values. */
  readonly runs: readonly ComparedRun[];
  readonly metrics: readonly ComparedMetric[];
  readonly quantities: readonly Quantity[];
}

export function comparedOf(comparison: RunComparison, state: CompareState, looks: RunLooks, scheme: ColourScheme): Compared {
  const quantities = quantitiesOf(comparison);
  const passing = brushed(state.brushes, quantities, comparison.runs.length);
  const places = colourPlaces(
    comparison.runs.map(({ runId }) => runId),
    state.colours,
  );
  const names = distinctNames(comparison.runs);
  const runs = comparison.runs.map((row, at): ComparedRun => {
    const { runId } = row;
    const place = places.get(runId) ?? 0;
    const chosen = state.colours.has(runId) ? undefined : looks[runId]?.colour;
    return {
      runId,
      row,
      name: names[at] as string,
      colour: typeof chosen === 'string' ? chosen : seriesColour(chosen ?? place, scheme),
      dashed: isDashed(place),
      isHidden: state.hidden.includes(runId),
      passes: passing[at] as boolean,
    };
  });
  return { comparison, runs, quantities, metrics: comparedMetrics(comparison) };
}

/** Runs that pictures show. */
export function shownRuns({ runs }: Pick<Compared, 'runs'>): ComparedRun[] {
  return runs.filter(({ isHidden, passes }) => !isHidden && passes);
}

/**
 * A place in the palette for each run: the chosen one; else the one that it has on all pages, or the next that is free. The thirteenth
 * run begins the palette anew, dashed.
 */
export function colourPlaces(runIds: readonly string[], chosen: ReadonlyMap<string, number>): Map<string, number> {
  const places = new Map(runIds.flatMap((runId) => (chosen.has(runId) ? [[runId, chosen.get(runId) as number] as const] : [])));
  const taken = new Set(places.values());
  for (const runId of runIds) {
    if (places.has(runId)) continue;
    const place = freePlace(palettePlace(runId), taken);
    taken.add(place);
    places.set(runId, place);
  }
  return places;
}

function freePlace(wished: number, taken: ReadonlySet<number>): number {
  for (let round = 0; ; round++) {
    for (let step = 0; step < COLOURS; step++) {
      const place = round * COLOURS + ((wished + step) % COLOURS);
      if (!taken.has(place)) return place;
    }
  }
}

/** Runs of the same name are told apart by the end of their ids. */
export function distinctNames(runs: readonly Pick<RunRow, 'runId' | 'name'>[]): string[] {
  const names = runs.map(nameOf);
  return names.map((name, at) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} ·${(runs[at]?.runId ?? '').slice(-4)}`,
  );
}
