// What the text of a preview turns out to be.

import type { JsonValue } from '../../../../../src/protocol/events.js';

export interface Histogram {
  readonly counts: readonly number[];
  /** One more than counts, ascending. */
  readonly edges: readonly number[];
  /** What lies in no bar, in words: `1 NaN, 2 infinite left out`; '' where there is nothing of it. */
  readonly apart: string;
}

/** Bars that a screen can still tell apart. */
const MOST_BARS = 2_000;

/** Undefined where it is no JSON: a preview may be cut off. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** `{"counts": […], "bins": […]}`, the edges as bins, as run.log_histogram writes it. Null where the value is no histogram. */
export function histogramOf(value: JsonValue): Histogram | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { counts, bins: edges } = value as Readonly<Record<string, JsonValue>>;
  if (!areNumbers(counts) || !areNumbers(edges) || counts.length > MOST_BARS) return null;
  const apart = sayApart(value as Readonly<Record<string, JsonValue>>);
  if (counts.length === 0) return edges.length === 0 && apart !== '' ? { counts, edges, apart } : null;
  return edges.length === counts.length + 1 ? { counts, edges, apart } : null;
}

function sayApart(facts: Readonly<Record<string, JsonValue>>): string {
  const of = (name: string): number => (typeof facts[name] === 'number' ? facts[name] : 0);
  const parts = [
    [of('nan'), 'NaN'],
    [of('inf') + of('neg_inf'), 'infinite'],
    [of('below') + of('above'), 'beyond the range'],
  ] as const;
  const said = parts.flatMap(([count, what]) => (count > 0 ? [`${count.toLocaleString('en')} ${what}`] : []));
  return said.length === 0 ? '' : `${said.join(', ')} left out`;
}

function areNumbers(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one));
}
