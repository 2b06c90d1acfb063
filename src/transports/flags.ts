// What is odd about an event and no reason to refuse it: said once for each worker's life, not for each event.

import type { FieldWarning, TrackEvent } from '../protocol/index.js';
import type { Collector } from '../runtime/collector.js';
import type { Lane } from '../runtime/lane.js';

export type Warnings = readonly FieldWarning[] | undefined;

/** µs since the epoch: the years 2000 and 2100. */
const EARLIEST = 946_684_800_000_000;
const LATEST = 4_102_444_800_000_000;

/** Of these one a worker is enough: the next thousand events have the same. */
const ONCE: ReadonlySet<string> = new Set(['XT_CLOCK', 'XT_NUMBER_OVERFLOW', 'XT_NUMBER_INEXACT']);

/** True when the event's clock says what cannot be. */
export function isOffClock({ ts }: TrackEvent): boolean {
  return ts < EARLIEST || ts > LATEST;
}

export function flagClock(collector: Collector, lane: Lane, { ts, seq }: TrackEvent): void {
  const detail = `the clock of worker '${lane.worker}' says ${ts} µs since 1970`;
  flag(collector, lane, seq, { code: 'XT_CLOCK', field: 'm.ts', detail });
}

export function flag(collector: Collector, lane: Lane, seq: number, { code, detail, field }: FieldWarning): void {
  if (ONCE.has(code)) {
    if (lane.flagged.has(code)) return;
    lane.flagged.add(code);
  }
  collector.warn({ code, detail, field, worker: lane.worker, seq });
}
