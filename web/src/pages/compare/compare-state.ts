// All that the page of comparison is set to, and its form in the address: whoever opens the address sees the same.

import type { ChartAxis } from '../../charts/series/chart-series';
import type { Brush } from './brushes';
import type { BandKind } from './stats/spread';

export const VIEWS = ['series', 'table', 'parallel', 'scatter', 'sensitivity', 'groups', 'media'] as const;
export type CompareView = (typeof VIEWS)[number];

const AXES: readonly ChartAxis[] = ['step', 'epoch', 'time', 'relative'];
const BANDS: readonly BandKind[] = ['std', 'ci', 'quantiles', 'range'];

/** What the server compares at once. */
export const MOST_RUNS = 100;
/** Entries of any other list, and letters of a text: an address may come from anyone. */
const MOST_ENTRIES = 200;
const MOST_LETTERS = 4_000;

export interface CompareState {
  readonly runs: readonly string[];
  /** A search whose runs are compared as well. */
  readonly q: string;
  /** Runs of the search that were taken out again. */
  readonly removed: readonly string[];
  readonly hidden: readonly string[];
  /** Places in the palette that were chosen by hand. */
  readonly colours: ReadonlyMap<string, number>;
  readonly view: CompareView;

  /** Names of the metrics drawn; none: those that most runs share. */
  readonly metrics: readonly string[];
  readonly x: ChartAxis;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly smoothing: number;
  /** Id of what runs are grouped by; '': each run by itself. */
  readonly group: string;
  readonly band: BandKind;
  readonly marks: boolean;

  /** Everything in the table, not only what differs. */
  readonly same: boolean;
  /** Runs as rows. */
  readonly flip: boolean;
  /** The run that the others are measured against; '': none. */
  readonly base: string;
  readonly filter: string;

  /** Ids of the axes; none: the params that differ. */
  readonly axes: readonly string[];
  /** The quantity on the last axis, which colours the runs. */
  readonly goal: string;
  readonly brushes: readonly Brush[];
  /** Ids whose axis is logarithmic where it would not be by itself, and the reverse. */
  readonly flippedLogs: readonly string[];

  readonly scatterX: string;
  readonly scatterY: string;
  readonly scatterColour: string;
  readonly experiment: string;
  readonly sensitivityMetric: string;
  readonly groupA: string;
  readonly groupB: string;
  readonly groupMetric: string;
  readonly media: string;
  /** The step that all runs show; null: the last. */
  readonly step: number | null;
}

export const EMPTY_STATE: CompareState = {
  ...{ runs: [], q: '', removed: [], hidden: [], colours: new Map(), view: 'series' },
  ...{ metrics: [], x: 'step', logX: false, logY: false, smoothing: 0, group: '', band: 'std', marks: false },
  ...{ same: false, flip: false, base: '', filter: '' },
  ...{ axes: [], goal: '', brushes: [], flippedLogs: [], scatterX: '', scatterY: '', scatterColour: '' },
  ...{ experiment: '', sensitivityMetric: '', groupA: '', groupB: '', groupMetric: '', media: '', step: null },
};

/** Parameters of the address by field. */
const TEXTS = {
  ...({ q: 'q', group: 'by', base: 'base', filter: 'find', goal: 'goal', scatterX: 'sx', scatterY: 'sy' } as const),
  ...({
    scatterColour: 'sc',
    experiment: 'exp',
    sensitivityMetric: 'sm',
    groupA: 'a',
    groupB: 'b',
    groupMetric: 'gm',
    media: 'media',
  } as const),
};
const LISTS = { metrics: 'm', axes: 'axis', flippedLogs: 'log' } as const;
const RUN_LISTS = { runs: 'runs', removed: 'without', hidden: 'hide' } as const;
const FLAGS = { logX: 'logx', logY: 'logy', marks: 'marks', same: 'same', flip: 'flip' } as const;

/** One word or number each. */
const SINGLES = { view: 'view', x: 'x', band: 'band', smoothing: 'smooth', step: 'step' } as const;

/** The address's part behind `?`, without what is as it is by itself. */
export function writeState(state: CompareState): string {
  const pairs: (readonly [string, string])[] = [
    ...entries(RUN_LISTS).map(([field, name]) => [name, state[field].join(',')] as const),
    ...entries(TEXTS).map(([field, name]) => [name, state[field]] as const),
    ...entries(LISTS).flatMap(([field, name]) => state[field].map((one) => [name, one] as const)),
    ...entries(FLAGS).map(([field, name]) => [name, state[field] ? '1' : ''] as const),
    ...entries(SINGLES).map(([field, name]) => [name, state[field] === EMPTY_STATE[field] ? '' : String(state[field])] as const),
    ['colour', [...state.colours].map(([run, at]) => `${run}~${at}`).join(',')],
    ...state.brushes.map((brush) => ['brush', JSON.stringify(brush)] as const),
  ];
  const query = new URLSearchParams(pairs.filter(([, value]) => value !== '').map(([name, value]) => [name, value]));
  // Commas and colons stand for themselves in a query (RFC 3986, 3.4), and make a long list readable.
  return query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
}

/** What an address says; whatever it says wrongly is as it is by itself. */
export function readState(search: string): CompareState {
  const query = new URLSearchParams(search);
  const texts = Object.fromEntries(entries(TEXTS).map(([field, name]) => [field, (query.get(name) ?? '').slice(0, MOST_LETTERS)]));
  const lists = Object.fromEntries(entries(LISTS).map(([field, name]) => [field, unique(query.getAll(name))]));
  const runLists = Object.fromEntries(entries(RUN_LISTS).map(([field, name]) => [field, unique((query.get(name) ?? '').split(','))]));
  const flags = Object.fromEntries(entries(FLAGS).map(([field, name]) => [field, query.get(name) === '1']));
  return {
    ...EMPTY_STATE,
    ...texts,
    ...lists,
    ...runLists,
    ...flags,
    view: oneOf(query.get('view'), VIEWS) ?? EMPTY_STATE.view,
    x: oneOf(query.get('x'), AXES) ?? EMPTY_STATE.x,
    band: oneOf(query.get('band'), BANDS) ?? EMPTY_STATE.band,
    smoothing: Math.min(0.999, Math.max(0, numberOf(query.get('smooth')) ?? 0)),
    step: numberOf(query.get('step')),
    colours: readColours(query.get('colour') ?? ''),
    brushes: readBrushes(query.getAll('brush')),
  };
}

function entries<Field extends string, Name>(table: Readonly<Record<Field, Name>>): [Field, Name][] {
  return Object.entries(table) as [Field, Name][];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values.filter((value) => value !== ''))].slice(0, MOST_ENTRIES).map((value) => value.slice(0, MOST_LETTERS));
}

function oneOf<T extends string>(text: string | null, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === text);
}

function numberOf(text: string | null): number | null {
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

function readColours(text: string): Map<string, number> {
  const pairs = unique(text.split(',')).map((pair) => {
    const cut = pair.lastIndexOf('~');
    return [pair.slice(0, cut), Number(pair.slice(cut + 1))] as const;
  });
  return new Map(pairs.filter(([run, at]) => run !== '' && Number.isInteger(at) && at >= 0 && at < MOST_ENTRIES));
}

function readBrushes(texts: readonly string[]): Brush[] {
  const found = unique(texts).flatMap((text) => readBrush(text) ?? []);
  return found.filter(({ id }, at) => found.findIndex((other) => other.id === id) === at);
}

function readBrush(text: string): Brush | undefined {
  try {
    const { id, kind, from, to, values } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof id !== 'string') return undefined;
    if (kind === 'values' && Array.isArray(values)) return { id, kind, values: values.filter((value) => typeof value === 'string') };
    return kind === 'range' && typeof from === 'number' && typeof to === 'number' ? { id, kind, from, to } : undefined;
  } catch {
    return undefined;
  }
}
