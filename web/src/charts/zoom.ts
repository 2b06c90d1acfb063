// Windows on an axis: zoomed, moved and set back; in the logarithm where the axis is logarithmic.

import type { ChartRange } from './series/chart-series';

/** Share of the window that a key moves it, and by which + and − change it. */
const PAN = 0.25;
const STEP = 2;
/** A window is never narrower than this share of its places' size: doubles have no more digits to show. */
const NARROWEST = 1e-12;

export type ZoomKey = 'in' | 'out' | 'left' | 'right' | 'reset';

const KEYS: Readonly<Record<string, ZoomKey>> = {
  '+': 'in',
  '=': 'in',
  '-': 'out',
  '−': 'out',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  '0': 'reset',
};

/** What a key does to the window; null: nothing. */
export function zoomKey(key: string): ZoomKey | null {
  return Object.hasOwn(KEYS, key) ? (KEYS[key] ?? null) : null;
}

/** `full`: everything that there is. Null: all of it is shown. */
export function zoomed(action: ZoomKey, shown: ChartRange, full: ChartRange, isLog: boolean): ChartRange | null {
  switch (action) {
    case 'reset':
      return null;
    case 'in':
      return scaled(shown, full, isLog, 1 / STEP, 0.5);
    case 'out':
      return scaled(shown, full, isLog, STEP, 0.5);
    case 'left':
      return moved(shown, full, isLog, -PAN);
    case 'right':
      return moved(shown, full, isLog, PAN);
  }
}

/** The window made `factor` times as wide round the place that lies at `centre` (0: left edge … 1: right edge) of it. */
export function scaled(shown: ChartRange, full: ChartRange, isLog: boolean, factor: number, centre: number): ChartRange | null {
  const { from, to } = inner(shown, isLog);
  const middle = from + (to - from) * centre;
  return clamped(outer({ from: middle - (middle - from) * factor, to: middle + (to - middle) * factor }, isLog), full);
}

/** The window moved by a share of its own width, not beyond what there is. */
export function moved(shown: ChartRange, full: ChartRange, isLog: boolean, share: number): ChartRange | null {
  const { from, to } = inner(shown, isLog);
  const limits = inner(full, isLog);
  const wanted = (to - from) * share;
  const step = wanted < 0 ? Math.min(0, Math.max(wanted, limits.from - from)) : Math.max(0, Math.min(wanted, limits.to - to));
  return clamped(outer({ from: from + step, to: to + step }, isLog), full);
}

/** Null where everything would be shown; the window itself, cut to what there is, otherwise. */
export function clamped(range: ChartRange, full: ChartRange): ChartRange | null {
  if (range.from <= full.from && range.to >= full.to) return null;
  const [from, to] = [Math.max(range.from, full.from), Math.min(range.to, full.to)];
  const narrowest = Math.max(Math.abs(from), Math.abs(to)) * NARROWEST;
  return to - from > narrowest ? { from, to } : { from: from - narrowest, to: from + narrowest };
}

function inner({ from, to }: ChartRange, isLog: boolean): ChartRange {
  return isLog ? { from: Math.log10(from), to: Math.log10(to) } : { from, to };
}

function outer({ from, to }: ChartRange, isLog: boolean): ChartRange {
  return isLog ? { from: 10 ** from, to: 10 ** to } : { from, to };
}
