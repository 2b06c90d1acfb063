// From values to places on an axis, 0 at its beginning and 1 at its end: numbers straight or by their logarithm, and texts in their order.

export type Datum = number | string | null;

export interface NumberScale {
  readonly kind: 'linear' | 'log';
  /** Both finite, low < high; of a log scale both > 0. */
  readonly low: number;
  readonly high: number;
}

export interface TextScale {
  readonly kind: 'text';
  /** At least one, each once. */
  readonly values: readonly string[];
}

export type Scale = NumberScale | TextScale;

export interface Tick {
  readonly place: number;
  readonly label: string;
}

/** Orders of magnitude from which on a straight axis would crowd all small values at its beginning. */
const DECADES = 2;

/** How far beyond the axis rounding may put a tick. */
const EDGE = 1e-6;

/** False where texts occur among the numbers, so that `auto` stands beside 0.1. */
export function isNumeric(values: readonly Datum[]): boolean {
  const known = values.filter((value) => value !== null);
  return known.length > 0 && known.every((value) => typeof value === 'number');
}

/** True where all finite values are above 0 and span so many decades that only a log axis tells them apart. */
export function spansDecades(values: readonly Datum[]): boolean {
  const numbers = finiteNumbers(values);
  if (numbers.length < 2) return false;
  const low = Math.min(...numbers);
  return low > 0 && Math.log10(Math.max(...numbers) / low) >= DECADES;
}

/** A scale on which all values have a place, but null, NaN, infinities and, where `log` is asked for, what is not above 0. */
export function scaleOf(values: readonly Datum[], log: boolean): Scale {
  if (!isNumeric(values)) return { kind: 'text', values: textsOf(values) };
  const finite = finiteNumbers(values);
  const positive = finite.filter((value) => value > 0);
  if (log && positive.length > 0) return widened('log', Math.min(...positive), Math.max(...positive));
  return finite.length === 0 ? { kind: 'linear', low: 0, high: 1 } : widened('linear', Math.min(...finite), Math.max(...finite));
}

/** NaN where the value has no place. */
export function placeOf(scale: Scale, value: Datum): number {
  if (scale.kind === 'text') return value === null ? Number.NaN : textPlace(scale, scale.values.indexOf(String(value)));
  if (typeof value !== 'number' || !Number.isFinite(value)) return Number.NaN;
  if (scale.kind === 'linear') return (value - scale.low) / (scale.high - scale.low);
  return value <= 0 ? Number.NaN : Math.log(value / scale.low) / Math.log(scale.high / scale.low);
}

/** The value at a place: of texts the nearest. */
export function valueAt(scale: Scale, place: number): number | string {
  if (scale.kind === 'text') {
    const at = Math.round(place * scale.values.length - 0.5);
    return scale.values[Math.min(scale.values.length - 1, Math.max(0, at))] as string;
  }
  return scale.kind === 'linear' ? scale.low + (scale.high - scale.low) * place : scale.low * (scale.high / scale.low) ** place;
}

/** About `count` places with round values; of texts each `n`th, so that no more than `count` are named. */
export function ticksOf(scale: Scale, count: number): Tick[] {
  if (scale.kind === 'text') {
    const stride = Math.ceil(scale.values.length / Math.max(1, count));
    return scale.values.flatMap((label, at) => (at % stride === 0 ? [{ place: textPlace(scale, at), label }] : []));
  }
  const values = scale.kind === 'log' ? logValues(scale, count) : linearValues(scale, count);
  return values.flatMap((value) => {
    const place = placeOf(scale, value);
    return place > -EDGE && place < 1 + EDGE ? [{ place, label: tickLabel(value) }] : [];
  });
}

/** A number on an axis, as short as it can be said: 0.001, 1e-5, 2.5k is never used. */
export function tickLabel(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const rounded = Number(value.toPrecision(6));
  return size >= 1e-3 && size < 1e6 ? String(rounded) : rounded.toExponential().replace('e+', 'e');
}

function textPlace(scale: TextScale, at: number): number {
  return at < 0 ? Number.NaN : (at + 0.5) / scale.values.length;
}

/** Numbers by size, texts by their letters. */
function textsOf(values: readonly Datum[]): string[] {
  const known = [...new Set(values.filter((value) => value !== null).map(String))];
  return known.length === 0 ? [''] : known.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

function finiteNumbers(values: readonly Datum[]): number[] {
  return values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
}

/** One value alone stands in the middle; and so do values that doubles barely tell apart, for no tick would fit between them. */
function widened(kind: 'linear' | 'log', low: number, high: number): NumberScale {
  if (high - low > Math.abs(low) * 1e-9) return { kind, low, high };
  if (kind === 'log') return { kind, low: low / 2, high: high * 2 };
  const reach = low === 0 ? 1 : Math.abs(low) / 2;
  return { kind, low: low - reach, high: high + reach };
}

/** Multiples of 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph labels", 1990). */
function linearValues({ low, high }: NumberScale, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const found: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9 && found.length < 100; at++) found.push(at * step);
  return found;
}

/** Powers of ten, thinned out; 1, 2 and 5 between them where there are few; else as on a straight axis. */
function logValues(scale: NumberScale, count: number): number[] {
  const from = Math.floor(Math.log10(scale.low));
  const to = Math.ceil(Math.log10(scale.high));
  const stride = Math.max(1, Math.ceil((to - from) / Math.max(1, count)));
  const factors = to - from <= 2 ? [1, 2, 5] : [1];
  const found: number[] = [];
  for (let power = from; power <= to; power += stride) for (const factor of factors) found.push(Number(`${factor}e${power}`));
  const inside = found.filter((value) => value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9));
  return inside.length >= 2 ? inside : linearValues(scale, count);
}
