// Where an axis has its ticks and what stands at them; the same on screen and in exported pictures.

import type { ChartAxis, ChartRange } from '../series/chart-series';

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Seconds that a clock's face makes natural, up to a week. */
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];
const DAY = 86_400;

/** `count`: about how many have room. */
export function ticksOf(axis: ChartAxis | 'value', isLog: boolean, range: ChartRange, count: number): Tick[] {
  if (isLog) return logTicks(range, count);
  if (axis === 'relative') return elapsedTicks(range, count);
  if (axis === 'time') return clockTicks(range, count);
  return linearTicks(range, count, axis === 'step' ? 1 : 0);
}

/** At 1, 2 or 5 times a power of ten. `least`: their distance at least; between two steps there is none. */
export function linearTicks(range: ChartRange, count: number, least = 0): Tick[] {
  const step = Math.max(least, niceStep((range.to - range.from) / Math.max(1, count)));
  const largest = Math.max(Math.abs(range.from), Math.abs(range.to));
  return multiples(range, step).map((at) => ({ at, label: formatTick(at, step, largest) }));
}

/** At the powers of ten; at 2 and 5 times them too where there are few, and evenly where the range lies within one. */
export function logTicks(range: ChartRange, count: number): Tick[] {
  const [low, high] = [Math.log10(range.from), Math.log10(range.to)];
  if (!(high - low >= 1)) return linearTicks(range, count);
  const every = Math.max(1, Math.ceil((high - low) / Math.max(1, count)));
  const factors = every === 1 && (high - low) * 3 <= count ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let power = Math.ceil(Math.floor(low) / every) * every; power <= high; power += every) {
    for (const factor of factors) {
      const at = Number(`${factor}e${power}`);
      if (at >= range.from && at <= range.to) ticks.push({ at, label: formatTick(at, at) });
    }
  }
  return ticks;
}

/** Of seconds since a beginning. */
export function elapsedTicks(range: ChartRange, count: number): Tick[] {
  const wanted = (range.to - range.from) / Math.max(1, count);
  if (wanted < 1) return linearTicks(range, count).map(({ at, label }) => ({ at, label: `${label} s` }));
  const step = clockStep(wanted);
  return multiples(range, step).map((at) => ({ at, label: formatElapsed(at) }));
}

/** Of seconds since the Unix epoch, at round times of the place where the reader is. */
function clockTicks(range: ChartRange, count: number): Tick[] {
  const wanted = (range.to - range.from) / Math.max(1, count);
  const step = wanted < 1 ? niceStep(wanted) : clockStep(wanted);
  // Ticks are cut in local time, so that days begin at midnight.
  const shift = { from: eastOf(range.from), to: eastOf(range.to) };
  const local = multiples({ from: range.from + shift.from, to: range.to + shift.to }, step);
  const ticks: Tick[] = [];
  let previous: number | undefined;
  for (const face of local) {
    // Where clocks are put forward or back in between, each tick has the time that its clock shows.
    const at = shift.from === shift.to ? face - shift.from : instantOf(face);
    if (at + eastOf(at) !== face || at < range.from || at > range.to) continue;
    const isNewDay = previous === undefined || Math.floor(face / DAY) !== Math.floor(previous / DAY);
    ticks.push({ at, label: clockLabel(face, step, isNewDay) });
    previous = face;
  }
  return ticks;
}

/** Seconds by which the reader's clocks are ahead of UTC at a time. */
function eastOf(at: number): number {
  return -new Date(at * 1000).getTimezoneOffset() * 60;
}

/** When the reader's clocks show this; where they skip it, some time near by. */
function instantOf(face: number): number {
  const guess = face - eastOf(face);
  return face - eastOf(guess);
}

/** `local`: seconds, as if the reader's time were UTC. */
function clockLabel(local: number, step: number, isNewDay: boolean): string {
  const text = new Date(local * 1000).toISOString();
  const [day, time] = [text.slice(5, 10), text.slice(11, step >= 60 ? 16 : step >= 1 ? 19 : 23)];
  if (step >= DAY) return text.slice(0, 10);
  return isNewDay ? `${day} ${time}` : time;
}

/** `1h 05m`, `2d 3h`, `45s`. */
export function formatElapsed(seconds: number): string {
  const sign = seconds < 0 ? '−' : '';
  const whole = Math.round(Math.abs(seconds));
  const [days, hours, minutes, rest] = [
    Math.floor(whole / DAY),
    Math.floor((whole % DAY) / 3600),
    Math.floor((whole % 3600) / 60),
    whole % 60,
  ];
  if (days > 0) return `${sign}${days}d${hours > 0 ? ` ${hours}h` : ''}`;
  if (hours > 0) return `${sign}${hours}h${minutes > 0 ? ` ${String(minutes).padStart(2, '0')}m` : ''}`;
  if (minutes > 0) return `${sign}${minutes}m${rest > 0 ? ` ${String(rest).padStart(2, '0')}s` : ''}`;
  return `${sign}${rest}s`;
}

/** As many digits as neighbours at a distance of `step` need; thousands as k, M, G, as the `largest` of the axis has them. */
export function formatTick(value: number, step: number, largest = Math.abs(value)): string {
  if (value === 0) return '0';
  if (largest >= 1e15 || largest < 1e-4) return withDigits(value, step);
  const [unit, suffix] = largest >= 1e9 ? [1e9, 'G'] : largest >= 1e6 ? [1e6, 'M'] : largest >= 1e4 ? [1e3, 'k'] : [1, ''];
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9)));
  return `${trimmed((value / unit).toFixed(digits)).replace('-', '−')}${suffix}`;
}

function withDigits(value: number, step: number): string {
  const digits = Math.min(12, Math.max(0, Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(step) + 1e-9)));
  const [mantissa = '', power = ''] = value.toExponential(digits).split('e');
  return `${trimmed(mantissa)}e${power.replace('+', '')}`.replaceAll('-', '−');
}

function trimmed(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

function niceStep(wanted: number): number {
  if (!(wanted > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const share = wanted / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

function clockStep(wanted: number): number {
  return CLOCK_STEPS.find((step) => step >= wanted) ?? niceStep(wanted / DAY) * DAY;
}

function multiples({ from, to }: ChartRange, step: number): number[] {
  const found: number[] = [];
  const first = Math.ceil(from / step - 1e-9);
  // No axis has room for more, and a step that vanishes beside its values must not loop for ever.
  for (let index = first; index * step <= to + step * 1e-9 && found.length < 200; index++) found.push(clean(index * step));
  return found;
}

/** 0.30000000000000004 is 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(14));
}
