// Which charts a run has: one for each metric, its phases and workers together, in groups by the first part of its name or by phase.

import type { SeriesSummary } from '../../../api/types';
import type { ChartAxis, ChartRange } from '../../../charts/series/chart-series';

export type Grouping = 'prefix' | 'phase';

/** One chart. */
export interface MetricChartSpec {
  /** Unique on the page. */
  readonly id: string;
  readonly key: string;
  /** What is left of the key inside its group. */
  readonly title: string;
  /** Only this phase; null: all of them. */
  readonly phase: string | null;
  readonly series: readonly SeriesSummary[];
}

export interface MetricGroup {
  readonly name: string;
  readonly isSystem: boolean;
  readonly charts: readonly MetricChartSpec[];
}

const MICROS = 1_000_000;
const SYSTEM = 'system';
/** The name of the group of metrics without a prefix, and of those without a phase. */
const PLAIN = { prefix: 'metrics', phase: 'no phase' } as const;
const PHASES = ['', 'train', 'val', 'test'];

/** Groups in the order of their names, system metrics last. `filter`: words that must all be in the name. */
export function groupMetrics(series: readonly SeriesSummary[], grouping: Grouping, filter: string): MetricGroup[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Map<string, SeriesSummary[]>>();
  for (const one of series) {
    const name = groupOf(one, grouping);
    const text = `${one.key} ${one.phase}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const charts = groups.get(name) ?? new Map<string, SeriesSummary[]>();
    groups.set(name, charts);
    const chart = charts.get(one.key);
    if (chart === undefined) charts.set(one.key, [one]);
    else chart.push(one);
  }
  const found = [...groups].map(([name, charts]) => toGroup(name, charts, grouping));
  return found.sort((a, b) => rank(a, grouping) - rank(b, grouping) || compare(a.name, b.name));
}

/** The order of phases: none, train, val, test. */
export function comparePhases(a: string, b: string): number {
  return PHASES.indexOf(a) - PHASES.indexOf(b) || compare(a, b);
}

/**
 * The axis that a chart can be drawn along: the one asked for where its points have a place on it, else the next best (steps for epochs,
 * time since the start for steps).
 */
export function axisOf(series: readonly SeriesSummary[], wanted: ChartAxis): ChartAxis {
  const has = (axis: 'step' | 'epoch'): boolean => series.some(({ first, last }) => first[axis] !== null || last[axis] !== null);
  if (wanted === 'epoch' && !has('epoch')) return has('step') ? 'step' : 'relative';
  return wanted === 'step' && !has('step') ? 'relative' : wanted;
}

/** The workers that logged any of them. */
export function workersOf(series: readonly SeriesSummary[]): number {
  return new Set(series.map(({ worker }) => worker)).size;
}

/**
 * How many places merged workers are read at. No two of them log at the same moment, so along time they must share stretches that hold
 * some points of each: half as many as a worker has in the window, as a power of two, so that a growing run asks for the same.
 */
export function placesFor(series: readonly SeriesSummary[], axis: ChartAxis, window: ChartRange | null, most: number): number {
  if (axis === 'step' || axis === 'epoch') return most;
  const longest = series.reduce((a, b) => (b.count > a.count ? b : a));
  const seconds = (longest.last.ts - longest.first.ts) / MICROS;
  const share = window === null || seconds <= 0 ? 1 : Math.min(1, (window.to - window.from) / seconds);
  const half = (longest.count * share) / 2;
  return half < 2 ? 1 : Math.min(most, 2 ** Math.floor(Math.log2(half)));
}

/** True where some metric was logged by several. */
export function hasManyWorkers(groups: readonly MetricGroup[]): boolean {
  return groups.some(({ charts }) => charts.some(({ series }) => workersOf(series) > 1));
}

function groupOf({ key, phase }: SeriesSummary, grouping: Grouping): string {
  const prefix = prefixOf(key);
  if (prefix === SYSTEM) return SYSTEM;
  if (grouping === 'phase') return phase === '' ? PLAIN.phase : phase;
  return prefix === '' ? PLAIN.prefix : prefix;
}

function prefixOf(key: string): string {
  const slash = key.indexOf('/');
  return slash > 0 ? key.slice(0, slash) : '';
}

function toGroup(name: string, charts: ReadonlyMap<string, readonly SeriesSummary[]>, grouping: Grouping): MetricGroup {
  const specs = [...charts].map(([key, series]): MetricChartSpec => {
    const phase = grouping === 'phase' && name !== SYSTEM ? (series[0]?.phase ?? null) : null;
    const isNamed = grouping === 'prefix' && prefixOf(key) !== '';
    return {
      id: phase === null ? key : `${phase}:${key}`,
      key,
      title: isNamed || name === SYSTEM ? key.slice(key.indexOf('/') + 1) : key,
      phase,
      series,
    };
  });
  specs.sort((a, b) => compare(a.key, b.key));
  return { name, isSystem: name === SYSTEM, charts: specs };
}

function rank({ name, isSystem }: MetricGroup, grouping: Grouping): number {
  if (isSystem) return 3;
  if (grouping === 'phase') return name === PLAIN.phase ? 2 : 1;
  return name === PLAIN.prefix ? 0 : 1;
}

/** Numbers inside names by their size: layer2 before layer10. */
function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
