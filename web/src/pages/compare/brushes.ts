// Stretches marked on axes: what lies in all of them stays, whatever picture it is in.

import type { Datum } from './draw/scale';
import type { Quantity } from './quantities';

export type Brush =
  | { readonly id: string; readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly id: string; readonly kind: 'values'; readonly values: readonly string[] };

/** True where the brush lets the value through: numbers within, texts among those named. */
export function within(brush: Brush, value: Datum): boolean {
  if (value === null) return false;
  if (brush.kind === 'values') return brush.values.includes(String(value));
  return typeof value === 'number' && value >= brush.from && value <= brush.to;
}

/** Per run, whether all brushes let it through. A brush of something that is not there lets all through. */
export function brushed(brushes: readonly Brush[], quantities: readonly Quantity[], runs: number): boolean[] {
  const columns = brushes.flatMap((brush) => {
    const found = quantities.find(({ id }) => id === brush.id);
    return found === undefined ? [] : [{ brush, values: found.values }];
  });
  return Array.from({ length: runs }, (_, run) => columns.every(({ brush, values }) => within(brush, values[run] ?? null)));
}

/** The brushes with this one in place of the one on its axis, or without one there (null). */
export function withBrush(brushes: readonly Brush[], id: string, brush: Brush | null): Brush[] {
  const others = brushes.filter((one) => one.id !== id);
  return brush === null ? others : [...others, brush];
}
