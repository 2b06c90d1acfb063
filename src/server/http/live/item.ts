// A live item as the JSON text that every client gets: written once, however many there are.

import type { TrackEvent } from '../../../protocol/events.js';
import { toRunRow } from '../answers/run-row.js';
import type { LiveItem } from '../control-plane.js';

/** Characters; a longer item is only said to be there, and read from the API. */
const MAX_TEXT = 256 * 1024;

/** What the stream carries: what the control plane tells, and runs that changed in another process. */
export type StreamedItem = Exclude<LiveItem, { readonly type: 'lagged' }> | { readonly type: 'run_touched'; readonly runId: string };

/** The item's JSON. Numbers that JSON has no form for are the strings "NaN", "Infinity" and "-Infinity". */
export function itemText(item: StreamedItem): string {
  const text = fullText(item);
  return text.length > MAX_TEXT ? JSON.stringify({ type: 'run_touched', runId: item.runId }) : text;
}

function fullText(item: StreamedItem): string {
  switch (item.type) {
    case 'metric':
      return JSON.stringify(Number.isFinite(item.value) ? item : { ...item, value: String(item.value) });
    case 'metric_batch':
      return JSON.stringify({ ...item, metrics: numbers(item.metrics) });
    case 'artifact': {
      // Its bytes have an address of their own.
      const { content: _content, ...rest } = item;
      return JSON.stringify(rest);
    }
    case 'run_changed':
      return JSON.stringify({ type: item.type, run: toRunRow(item.run) }, finite);
    case 'command_changed':
      return JSON.stringify({ type: item.type, command: item.command });
    default:
      return JSON.stringify(item, finite);
  }
}

/** What a newer item of the same value makes superfluous: a metric of one series. Undefined: nothing does. */
export function seriesOf(item: StreamedItem): string | undefined {
  if (item.type === 'metric') return seriesKey(item, [item.key]);
  return item.type === 'metric_batch' ? seriesKey(item, [...item.metrics.keys()]) : undefined;
}

function seriesKey(event: Extract<TrackEvent, { type: 'metric' | 'metric_batch' }>, keys: readonly string[]): string {
  const { phase, aggregation } = event.context ?? {};
  return JSON.stringify([event.type, event.runId, event.worker, phase, aggregation, keys]);
}

function numbers(metrics: ReadonlyMap<string, number>): Record<string, unknown> {
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, value] of metrics) plain[key] = Number.isFinite(value) ? value : String(value);
  return plain;
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
