// What the text of a preview turns out to be.

import type { JsonValue } from '../../../../../src/protocol/events.js';

export interface Histogram {
  readonly counts: readonly number[];
  /** One more than counts, ascending. */
  readonly edges: readonly number[];
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
  if (!areNumbers(counts) || !areNumbers(edges) || counts.length === 0 || counts.length > MOST_BARS) return null;
  return edges.length === counts.length + 1 ? { counts, edges } : null;
}

function areNumbers(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one));
}
