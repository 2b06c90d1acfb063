// What is said on a run of what came for it: what is odd about an event and no reason to refuse it, once for each worker's life, and
// bytes of the stream that are no frame.

import type { FieldWarning, TrackEvent, XTrackError } from '../../protocol/index.js';
import type { Collector } from '../../runtime/collector.js';
import type { Lane } from '../../runtime/lane.js';
import type { TransportKind } from '../transport.js';

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

/** Bytes of a stream that are no frame. */
interface SkippedBytes {
  readonly error: XTrackError;
  /** In the stream. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** On a spawned script's event socket they are what it printed there: its output, not loss. Elsewhere they are a dead letter. */
export function keepSkipped(collector: Collector, { error, offset, bytes }: SkippedBytes, kind: TransportKind): void {
  const detail = `${bytes.length} bytes at offset ${offset} are no frame: ${error.message}`;
  collector.warn({ code: error.code, detail, field: null, worker: '', seq: null });
  if (kind !== 'stdio' || error.code === 'XT_FRAME_TRUNCATED') {
    collector.deadLetter(error.code, bytes);
    return;
  }
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    if (line.trim() !== '') collector.emit({ type: 'log', level: 'info', message: line, logger: 'stdout', fields: { stream: 'events' } });
  }
}
