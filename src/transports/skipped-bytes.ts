// Bytes of a stream that are no frame: said on the run, and kept.

import type { XTrackError } from '../protocol/index.js';
import type { Collector } from '../runtime/collector.js';
import type { TransportKind } from './transport.js';

export interface SkippedBytes {
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
