// The rows of the table of comparison: what differs first, each value as text, and where the best of a metric stands.

import { isReservedTag } from '../../../../../src/protocol/reserved-tags.js';
import type { JsonValue, RunComparison } from '../../../api/types';
import { formatDuration, formatNumber, formatParam } from '../../../components/format';
import { type ComparedMetric, comparedMetrics, type Stat } from '../quantities';

export type Section = 'params' | 'metrics' | 'tags' | 'source' | 'environment' | 'run';

export interface TableCell {
  /** '': the run has none. */
  readonly text: string;
  /** Of numbers, for differences and files. */
  readonly value: number | null;
}

export interface TableRow {
  readonly section: Section;
  readonly key: string;
  /** One for each run. */
  readonly cells: readonly TableCell[];
  /** True where they are not all the same. */
  readonly differs: boolean;
  /** Places of the best value, of metrics that more than one run has. */
  readonly best: readonly number[];
  readonly better?: 'min' | 'max';
}

/** What is the same in all runs: that of any of them. */
export interface SameValues {
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly tags: Readonly<Record<string, string>>;
}

const STATS: readonly Stat[] = ['last', 'min', 'max'];

/** `same`: null where only what differs is asked for. */
export function tableRows(comparison: RunComparison, same: SameValues | null): TableRow[] {
  const { params, tags, source, environment, durations, runs } = comparison;
  const visible = tags.filter(({ key }) => !isReservedTag(key));
  return [
    ...params.map(({ key, values }) => rowOf('params', key, values)),
    ...sameRows('params', same?.params, params, runs.length),
    ...comparedMetrics(comparison).flatMap(metricRows),
    ...visible.map(({ key, values }) => rowOf('tags', key, values)),
    ...sameRows('tags', same?.tags, tags, runs.length).filter(({ key }) => !isReservedTag(key)),
    ...source.map(({ key, values }) => rowOf('source', key, values)),
    ...environment.map(({ key, values }) => rowOf('environment', key, values)),
    durationRow(durations),
    rowOf(
      'run',
      'experiment',
      runs.map(({ experimentId }) => experimentId),
    ),
    rowOf(
      'run',
      'status',
      runs.map(({ status }) => status),
    ),
  ].filter(({ differs }) => differs || same !== null);
}

/** Rows whose section, key or any value holds the text. */
export function filterRows(rows: readonly TableRow[], text: string): TableRow[] {
  const sought = text.trim().toLowerCase();
  const holds = (one: string): boolean => one.toLowerCase().includes(sought);
  return rows.filter(({ section, key, cells }) => holds(`${section}.${key}`) || cells.some((cell) => holds(cell.text)));
}

/** By how much a value differs from another: `+3.2 %`, or its size where that one is 0. '' where there is nothing to say. */
export function sayChange(value: number | null, base: number | null): string {
  if (value === null || base === null || !Number.isFinite(value) || !Number.isFinite(base) || value === base) return '';
  const change = value - base;
  const sign = change > 0 ? '+' : '−';
  if (base === 0) return `${sign}${formatNumber(Math.abs(change))}`;
  const share = Math.abs(change / base) * 100;
  return `${sign}${share >= 1000 ? formatNumber(Math.round(share)) : Number(share.toPrecision(2))} %`;
}

function rowOf(section: Section, key: string, values: readonly (JsonValue | undefined)[]): TableRow {
  const cells = values.map(cellOf);
  return { section, key, cells, differs: new Set(values.map((value) => JSON.stringify(value ?? null))).size > 1, best: [] };
}

function cellOf(value: JsonValue | undefined): TableCell {
  if (value === undefined || value === null) return { text: '', value: null };
  if (typeof value === 'number') return { text: formatParam(value), value };
  return { text: typeof value === 'string' ? value : JSON.stringify(value), value: null };
}

function sameRows(
  section: Section,
  all: Readonly<Record<string, JsonValue>> | undefined,
  differing: readonly { readonly key: string }[],
  runs: number,
): TableRow[] {
  const known = new Set(differing.map(({ key }) => key));
  return Object.entries(all ?? {}).flatMap(([key, value]) =>
    known.has(key) ? [] : [{ section, key, cells: new Array<TableCell>(runs).fill(cellOf(value)), differs: false, best: [] }],
  );
}

function metricRows(metric: ComparedMetric): TableRow[] {
  return STATS.map((stat) => {
    const values = metric.values.map((value) => value?.[stat] ?? null);
    return {
      section: 'metrics',
      key: `${metric.name} ${stat}`,
      cells: values.map((value) => (value === null ? { text: '', value } : { text: formatNumber(value), value })),
      differs: new Set(values).size > 1,
      // The highest loss of a run says nothing of how good it is.
      best: stat === 'last' || stat === metric.better ? bestPlaces(values, metric.better) : [],
      better: metric.better,
    };
  });
}

function durationRow(durations: readonly (number | null)[]): TableRow {
  const cells = durations.map((seconds) => ({ text: seconds === null ? '' : formatDuration(seconds * 1_000), value: seconds }));
  return { section: 'run', key: 'duration', cells, differs: new Set(durations).size > 1, best: [] };
}

/** None where fewer than two runs have a finite value, or all the same. */
export function bestPlaces(values: readonly (number | null)[], better: 'min' | 'max'): number[] {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (new Set(known).size < 2) return [];
  const best = better === 'min' ? Math.min(...known) : Math.max(...known);
  return values.flatMap((value, at) => (value === best ? [at] : []));
}
