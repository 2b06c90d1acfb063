// What runs can be laid out by: each param, tag, statistic of a metric and property, as one column over all runs compared.

import { isReservedTag } from '../../../../src/protocol/reserved-tags.js';
import { toNumber } from '../../api/numbers';
import type { JsonValue, RunComparison, RunRow } from '../../api/types';
import type { Datum } from './draw/scale';

export type Stat = 'last' | 'min' | 'max';

export interface Quantity {
  /** As the search language writes it: `params.lr`, `min(metrics.loss@val)`, `duration`. Unique; addresses hold it. */
  readonly id: string;
  /** Short, for axes: `lr`, `loss@val (min)`. */
  readonly label: string;
  readonly kind: 'param' | 'metric' | 'tag' | 'run';
  /** One for each run, in their order. */
  readonly values: readonly Datum[];
}

/** A metric of the comparison: a key in one phase. */
export interface ComparedMetric {
  /** `loss@val`; without a phase only the key. */
  readonly name: string;
  readonly key: string;
  readonly phase: string;
  readonly better: 'min' | 'max';
  /** Runs that have it. */
  readonly runs: number;
  /** Null: the run has none. NaN: no finite value. */
  readonly values: readonly ({ readonly last: number; readonly min: number; readonly max: number; readonly count: number } | null)[];
}

function metricName(key: string, phase: string): string {
  return phase === '' ? key : `${key}@${phase}`;
}

/** Those that most runs share first. */
export function comparedMetrics({ metrics }: Pick<RunComparison, 'metrics'>): ComparedMetric[] {
  const found = metrics.map(({ key, phase, better, values }): ComparedMetric => {
    const read = values.map((value) =>
      value === undefined || value === null
        ? null
        : { last: toNumber(value.last), min: toNumber(value.min), max: toNumber(value.max), count: toNumber(value.count) },
    );
    return { name: metricName(key, phase), key, phase, better, runs: read.filter((value) => value !== null).length, values: read };
  });
  return found.sort((a, b) => Number(isSystem(a.key)) - Number(isSystem(b.key)) || b.runs - a.runs || (a.name < b.name ? -1 : 1));
}

/** Figures of the machine, which say little of a result. */
export function isSystem(key: string): boolean {
  return /^(system|sys|gpu|cpu)[./]/.test(key);
}

/** Every column there is: params that differ, metrics, tags that differ, and what each run has. */
export function quantitiesOf(comparison: RunComparison): Quantity[] {
  const { params, tags, runs, durations } = comparison;
  const metrics = comparedMetrics(comparison);
  return [
    ...params.map(({ key, values }) => quantity('param', `params.${key}`, key, values.map(datumOf))),
    ...metrics.flatMap((metric) => [metric.better, ...otherStats(metric.better)].map((stat) => statOf(metric, stat))),
    ...tags.flatMap(({ key, values }) => (isReservedTag(key) ? [] : [quantity('tag', `tags.${key}`, key, values.map(datumOf))])),
    quantity('run', 'duration', 'duration (s)', durations),
    ...varied('experiment', runs, ({ experimentId }) => experimentId),
    ...varied('status', runs, ({ status }) => status),
  ];
}

/** A param's or a tag's value as text or number; null: the run has none. */
function datumOf(value: JsonValue | undefined): Datum {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  return JSON.stringify(value);
}

function quantity(kind: Quantity['kind'], id: string, label: string, values: readonly Datum[]): Quantity {
  return { kind, id, label, values };
}

function statOf(metric: ComparedMetric, stat: Stat): Quantity {
  const values = metric.values.map((value) => value?.[stat] ?? null);
  return quantity('metric', statId(metric.name, stat), `${metric.name} (${stat})`, values);
}

function statId(name: string, stat: Stat): string {
  return `${stat}(metrics.${name})`;
}

function otherStats(best: Stat): Stat[] {
  return (['last', 'min', 'max'] as const).filter((stat) => stat !== best);
}

function varied(id: string, runs: readonly RunRow[], read: (run: RunRow) => string | null): Quantity[] {
  const values = runs.map(read);
  return new Set(values).size > 1 ? [quantity('run', id, id, values)] : [];
}
