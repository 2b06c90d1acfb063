// Series as the server gives them, as the curves of a chart, in the chart's unit.

import type { Series } from '../../../api/types';
import type { ChartSeries, Column } from '../../../charts/series/chart-series';
import type { SystemGroup, SystemKey } from './system-groups';

/** What was measured is no finer. */
const DIGITS = 4;

/** One curve for each series of a group; where a key has several (a worker on each machine), the worker is named. */
export function curvesOf(
  group: SystemGroup,
  series: ReadonlyMap<string, readonly Series[]>,
  colourAt: (place: number) => string,
): readonly ChartSeries[] {
  const found = group.keys.flatMap((key) => (series.get(key.key) ?? []).map((one) => ({ key, one })));
  return found.map(({ key, one }, place) => ({
    id: `${one.key} ${one.worker ?? ''} ${one.phase}`,
    label: labelOf(key, one, (series.get(key.key) ?? []).length > 1),
    colour: colourAt(place),
    total: one.total,
    x: one.x,
    ...columnsOf(one, group.factor),
  }));
}

function labelOf({ label }: SystemKey, { worker }: Series, named: boolean): string {
  return named ? `${label}, ${worker === null || worker === '' ? 'worker' : worker}` : label;
}

function columnsOf(series: Series, factor: number): { mean: Column; min?: Column; max?: Column } {
  if (series.kind === 'points') return { mean: times(series.value, factor) };
  const mean = series.kind === 'buckets' ? series.mean : series.value;
  return { mean: times(mean, factor), min: times(series.min, factor), max: times(series.max, factor) };
}

function times(column: readonly number[], factor: number): Column {
  return Float64Array.from(column, (value) => Number((value * factor).toPrecision(DIGITS)));
}
