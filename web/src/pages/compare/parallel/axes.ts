// The axes of the parallel coordinates: which there are, where a value lies on each, and what a stroke along one marks.

import { type Brush, within } from '../brushes';
import { type Datum, isNumeric, placeOf, type Scale, scaleOf, spansDecades } from '../draw/scale';
import { isSystem, type Quantity } from '../quantities';
import { associationOf } from '../stats/association';

export interface Axis {
  readonly id: string;
  readonly label: string;
  readonly scale: Scale;
  /** One for each run. */
  readonly values: readonly Datum[];
  /** True where some run has no place on it. */
  readonly hasMissing: boolean;
}

/** Axes that a screen shows side by side before they crowd. */
const MOST_BY_ITSELF = 7;
/** Different texts that can be told apart on an axis; with more, the param is a name and explains nothing. */
const MOST_TEXTS = 12;

/** Params that differ and can be read on an axis: those that tell most of the goal, the strongest beside it. */
export function defaultAxes(quantities: readonly Quantity[], goal: Quantity | undefined): string[] {
  const strengths = quantities
    .filter(({ id, kind, values }) => kind === 'param' && id !== goal?.id && isReadable(values))
    .map(({ id, values }) => ({ id, strength: goal === undefined ? 0 : associationOf(values, goal.values) }));
  return strengths
    .sort((a, b) => b.strength - a.strength)
    .slice(0, MOST_BY_ITSELF)
    .map(({ id }) => id)
    .reverse();
}

function isReadable(values: readonly Datum[]): boolean {
  const distinct = new Set(values.filter((value) => value !== null)).size;
  return distinct > 1 && (isNumeric(values) || distinct <= MOST_TEXTS);
}

/** The quantity asked for; else the best value of the metric that most runs have, or whatever there is. */
export function goalOf(quantities: readonly Quantity[], id: string): Quantity | undefined {
  const metrics = quantities.filter(({ kind, label }) => kind === 'metric' && !isSystem(label));
  return quantities.find((one) => one.id === id) ?? metrics[0] ?? quantities.find(({ kind }) => kind === 'metric');
}

/** Whether an axis is logarithmic: where its values span decades, and the other way round where it was flipped. */
export function isLog({ id, values }: Pick<Quantity, 'id' | 'values'>, flipped: readonly string[]): boolean {
  return spansDecades(values) !== flipped.includes(id);
}

/** The axes of those ids that there are, in their order; the goal, which closes the picture, is not among them. */
export function axesOf(
  ids: readonly string[],
  goal: Quantity | undefined,
  quantities: readonly Quantity[],
  flipped: readonly string[],
): Axis[] {
  const chosen = ids.flatMap((id) => (id === goal?.id ? [] : (quantities.find((one) => one.id === id) ?? [])));
  return [...chosen, ...(goal === undefined ? [] : [goal])].map((quantity) => {
    const scale = scaleOf(quantity.values, isLog(quantity, flipped));
    return {
      id: quantity.id,
      label: quantity.label,
      scale,
      values: quantity.values,
      hasMissing: quantity.values.some((value) => Number.isNaN(placeOf(scale, value))),
    };
  });
}

/** What a stroke from one place to another (0 to 1) marks; null where it holds no value at all. */
export function brushBetween({ id, scale }: Pick<Axis, 'id' | 'scale'>, from: number, to: number): Brush | null {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  if (scale.kind === 'text') {
    const values = scale.values.filter((value) => placeOf(scale, value) >= low && placeOf(scale, value) <= high);
    return values.length === 0 ? null : { id, kind: 'values', values };
  }
  return { id, kind: 'range', from: numberAt(scale, low), to: numberAt(scale, high) };
}

/** Three digits of the axis' span are finer than a pixel, and short enough for an address. */
function numberAt(scale: Exclude<Scale, { kind: 'text' }>, place: number): number {
  // A stroke beyond the end means all that lies there.
  const inside = Math.min(1.001, Math.max(-0.001, place));
  if (scale.kind === 'log') return Number((scale.low * (scale.high / scale.low) ** inside).toPrecision(4));
  const step = 10 ** Math.floor(Math.log10((scale.high - scale.low) / 1_000));
  return Number((Math.round((scale.low + (scale.high - scale.low) * inside) / step) * step).toPrecision(12));
}

/** The stretches of the axis that a brush covers, 0 to 1: one of numbers, one for each text. */
export function stretchesOf(brush: Brush, scale: Scale): { readonly from: number; readonly to: number }[] {
  if (scale.kind === 'text') {
    const half = 0.5 / scale.values.length;
    return scale.values.flatMap((value) =>
      within(brush, value) ? [{ from: placeOf(scale, value) - half, to: placeOf(scale, value) + half }] : [],
    );
  }
  if (brush.kind === 'values') return [];
  const low = scale.kind === 'log' && brush.from <= 0 ? 0 : placeOf(scale, brush.from);
  const from = Math.max(0, low);
  const to = Math.min(1, placeOf(scale, brush.to));
  return from <= to ? [{ from, to }] : [];
}

/** The ids with one moved by so many places; ends stay ends. */
export function moved(ids: readonly string[], id: string, by: number): string[] {
  const from = ids.indexOf(id);
  if (from < 0) return [...ids];
  const others = ids.filter((one) => one !== id);
  others.splice(Math.min(others.length, Math.max(0, from + by)), 0, id);
  return others;
}
