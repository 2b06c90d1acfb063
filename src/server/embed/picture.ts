// A metric of a run as a picture that stands by itself: for reports, mails and pages that run no script.

import { XTrackError } from '../../protocol/errors.js';
import { RESERVED_TAGS } from '../../protocol/reserved-tags.js';
import type { RunReader } from '../../query/run-reader.js';
import type { SeriesData } from '../../storage/store.js';
import { escapeMarkup } from '../markup.js';

/** Series drawn in one picture: colours tell no more apart. */
const MOST_SERIES = 8;
const SMALLEST = 120;
const LARGEST = 4_000;
const MARGIN = { left: 64, right: 16, top: 36, bottom: 40 };
/** Characters of the title. */
const MOST_TITLE = 80;

/** Contrast of at least 3 to 1 with the background of its theme. */
const THEMES = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    grid: '#d8dee4',
    lines: ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#cf222e', '#0e7490', '#9a6700', '#bf3989'],
  },
  dark: {
    background: '#0d1117',
    text: '#e6edf3',
    grid: '#30363d',
    lines: ['#58a6ff', '#f0883e', '#3fb950', '#bc8cff', '#ff7b72', '#39c5cf', '#d29922', '#f778ba'],
  },
} as const;

export interface RunPictureOptions {
  /** Pixels, 120 to 4,000. Default 640 by 320. */
  readonly width?: number;
  readonly height?: number;
  readonly theme?: keyof typeof THEMES;
}

type Theme = (typeof THEMES)[keyof typeof THEMES];

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/**
 * The series of a metric over its steps as an SVG picture, in a `data:` address: an `<img src>` of a page or a mail. Between the lowest and the
 * highest value of each stretch a band is drawn, so that no spike is lost. It holds no script, and all text in it is escaped.
 * Errors: XT_RUN_NOT_FOUND, XT_METRIC_NOT_FOUND, XT_ARGUMENT where a size is not in bounds.
 *
 * @example const src = await runPicture(xtrack, runId, 'val_loss', { theme: 'dark' });
 */
export async function runPicture(
  xtrack: Pick<RunReader, 'getRun' | 'getMetrics'>,
  runId: string,
  key: string,
  { width = 640, height = 320, theme = 'light' }: RunPictureOptions = {},
): Promise<string> {
  for (const [field, size] of [
    ['width', width],
    ['height', height],
  ] as const)
    if (!Number.isFinite(size) || size < SMALLEST || size > LARGEST)
      throw new XTrackError('XT_ARGUMENT', { detail: `a picture has ${SMALLEST} to ${LARGEST} pixels a side`, field });
  const run = await xtrack.getRun(runId);
  const series = await xtrack.getMetrics(run, key, { maxPoints: Math.round(width) });
  const title = `${run.tags[RESERVED_TAGS.name] ?? run.name ?? runId} · ${key}`;
  const svg = draw(series, title, { width: Math.round(width), height: Math.round(height), theme: THEMES[theme] });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

function draw(all: readonly SeriesData[], title: string, frame: Frame): string {
  const { width, height, theme } = frame;
  const shown = all.slice(0, MOST_SERIES);
  const heading = clip(title);
  const body = [
    `<title>${escapeMarkup(heading)}</title>`,
    `<rect width="${width}" height="${height}" fill="${theme.background}"/>`,
    text(MARGIN.left, 22, heading, `font-size="14" font-weight="600"`, theme),
    ...curves(shown, frame),
    ...legend(shown, all.length - shown.length, frame),
  ];
  const head = `xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg ${head} font-family="system-ui, sans-serif" font-size="11">${body.join('')}</svg>`;
}

function curves(shown: readonly SeriesData[], { width, height, theme }: Frame): string[] {
  const across = extentOf(shown.map(({ x }) => x));
  const up = extentOf(shown.flatMap((series) => [lowOf(series), highOf(series)]));
  if (across === undefined || up === undefined) return [text(MARGIN.left, height / 2, 'no finite value', '', theme)];
  const x = new PictureScale(across, MARGIN.left, width - MARGIN.right);
  const y = new PictureScale(up, height - MARGIN.bottom, MARGIN.top);
  return [
    ...y.ticks(5).map((tick) => yTick(tick, y.place(tick), width, theme)),
    ...x.ticks(Math.max(2, Math.floor(width / 120))).map((tick) => xTick(tick, x.place(tick), height, theme)),
    ...shown.flatMap((series, at) => curve(series, x, y, theme.lines[at % theme.lines.length] as string)),
  ];
}

function yTick(tick: number, at: number, width: number, theme: Theme): string {
  const line = `<line x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${at}" y2="${at}" stroke="${theme.grid}"/>`;
  return line + text(MARGIN.left - 8, at + 4, tickLabel(tick), 'text-anchor="end"', theme);
}

function xTick(tick: number, at: number, height: number, theme: Theme): string {
  return text(at, height - MARGIN.bottom + 18, tickLabel(tick), 'text-anchor="middle"', theme);
}

/** The band from min to max, and the line over it. A value that is not finite leaves a gap. */
function curve(series: SeriesData, x: PictureScale, y: PictureScale, color: string): string[] {
  const stretches = finiteStretches(series);
  const lines = stretches.map(({ from, to }) => {
    const path = points(series.x, middleOf(series), from, to, x, y);
    return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"/>`;
  });
  if (series.kind === 'points') return lines;
  const bands = stretches.map(({ from, to }) => {
    const back = points(series.x, series.min, from, to, x, y).split(' ').reverse().join(' ');
    return `<polygon points="${points(series.x, series.max, from, to, x, y)} ${back}" fill="${color}" fill-opacity="0.22"/>`;
  });
  return [...bands, ...lines];
}

function points(xs: ArrayLike<number>, values: ArrayLike<number>, from: number, to: number, x: PictureScale, y: PictureScale): string {
  const places: string[] = [];
  for (let at = from; at <= to; at++) places.push(`${x.place(xs[at] as number)},${y.place(values[at] as number)}`);
  // A line of one place is drawn as a dot by its round ends, once it has a second one.
  return places.length === 1 ? `${places[0]} ${places[0]}` : places.join(' ');
}

function finiteStretches(series: SeriesData): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  const middle = middleOf(series);
  for (let at = 0; at < series.x.length; at++) {
    if (!Number.isFinite(series.x[at]) || !Number.isFinite(middle[at])) continue;
    const last = found.at(-1);
    if (last?.to === at - 1) last.to = at;
    else found.push({ from: at, to: at });
  }
  return found;
}

function middleOf(series: SeriesData): Float64Array {
  return series.kind === 'points' ? series.value : series.mean;
}

function lowOf(series: SeriesData): Float64Array {
  return series.kind === 'points' ? series.value : series.min;
}

function highOf(series: SeriesData): Float64Array {
  return series.kind === 'points' ? series.value : series.max;
}

/** One line below, where there is more than one series. */
function legend(shown: readonly SeriesData[], hidden: number, { height, theme }: Frame): string[] {
  if (shown.length < 2) return [];
  const names = shown.map(({ phase, worker }, at) => {
    const name = [phase, worker === '' ? '' : `worker ${worker}`].filter((part) => part !== '').join(' ') || 'all';
    return `<tspan fill="${theme.lines[at % theme.lines.length]}">● ${escapeMarkup(clip(name, 20))}  </tspan>`;
  });
  const more = hidden === 0 ? '' : `<tspan>and ${hidden} more</tspan>`;
  return [`<text x="${MARGIN.left}" y="${height - 6}" fill="${theme.text}">${names.join('')}${more}</text>`];
}

function text(x: number, y: number, content: string, attributes: string, theme: Theme): string {
  return `<text x="${x}" y="${y}" fill="${theme.text}" ${attributes}>${escapeMarkup(content)}</text>`;
}

function clip(name: string, most: number = MOST_TITLE): string {
  const letters = [...name];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : name;
}

/** Lowest and highest finite number of several columns; undefined where there is none. */
function extentOf(columns: readonly ArrayLike<number>[]): readonly [number, number] | undefined {
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
class PictureScale {
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
function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6))
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}
