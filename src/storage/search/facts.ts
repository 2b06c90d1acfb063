// What a search may ask of one run, gathered in memory: by the memory store for all, by the others for runs that are being written.

import type { Param, Phase } from '../../protocol/events.js';
import type { RunRecord } from '../store.js';
import { type Forms, formsOf } from './forms.js';
import { ANY_PHASE, type MetricFact } from './metric-facts.js';

export interface RunFacts {
  readonly record: RunRecord;
  param(key: string): Forms | undefined;
  tag(key: string): Forms | undefined;
  metric(key: string, phase: Phase | ''): MetricFact | undefined;
}

/** `metricsOf` gives what is known of one key: see metricFacts. Both functions are called on need alone. */
export function factsOf(record: RunRecord, params: () => Iterable<Param>, metricsOf: (key: string) => readonly MetricFact[]): RunFacts {
  let byKey: Map<string, Param> | undefined;
  const metrics = new Map<string, readonly MetricFact[]>();
  return {
    record,
    param: (key) => {
      byKey ??= new Map([...params()].map((param) => [param.key, param]));
      const found = byKey.get(key);
      return found === undefined ? undefined : formsOf(found.value);
    },
    tag: (key) => (Object.hasOwn(record.tags, key) ? formsOf(record.tags[key] as string) : undefined),
    metric: (key, phase) => {
      const known = metrics.get(key) ?? metricsOf(key);
      metrics.set(key, known);
      return known.find((fact) => fact.phase === (phase === '' ? ANY_PHASE : phase));
    },
  };
}
