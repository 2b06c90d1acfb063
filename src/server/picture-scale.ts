// Where values lie on a picture, and the round numbers beside its axes.

/** Lowest and highest finite number of several columns; undefined where there is none. */
export function extentOf(columns: readonly ArrayLike<number>[]): readonly [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const column of columns)
    for (let at = 0; at < column.length; at++) {
      const value = column[at] as number;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  return low > high ? undefined : [low, high];
}

/** From numbers to pixels. */
export class PictureScale {
  readonly low: number;
  readonly high: number;
  readonly #from: number;
  readonly #to: number;

  /** `from` is where `low` lies. One value alone lies in the middle. */
  constructor([low, high]: readonly [number, number], from: number, to: number) {
    // Halves, so that a span past the largest double stays finite.
    const pad = low === high ? Math.abs(low) * 0.05 || 0.5 : 0;
    this.low = low - pad;
    this.high = high + pad;
    this.#from = from;
    this.#to = to;
  }

  /** Pixels, to a tenth. */
  place(value: number): number {
    const part = (value / 2 - this.low / 2) / (this.high / 2 - this.low / 2);
    return Math.round((this.#from + part * (this.#to - this.#from)) * 10) / 10;
  }

  /** About so many round numbers within. */
  ticks(about: number): number[] {
    const rough = this.high / about - this.low / about;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
    if (!Number.isFinite(step) || step <= 0) return [this.low, this.high];
    const first = Math.ceil(this.low / step);
    const count = Math.min(about * 2, Math.floor(this.high / step) - first);
    return Array.from({ length: Math.max(0, count + 1) }, (_, at) => (first + at) * step);
  }
}

/** Four significant digits, without a tail of zeros. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6))
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}
