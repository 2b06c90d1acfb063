// Reads the envelope {"v", "t", "m", "p"} of one parsed frame: who says what, and in which order.

import { isObject, overBytes } from './conform.js';
import { XTrackError } from './errors.js';
import { readInteger } from './frames/numbers.js';
import { LIMITS, PROTOCOL_VERSION } from './limits.js';

/** A checked envelope; the payload is still untrusted. */
export interface Envelope {
  readonly wireType: string;
  readonly seq: number;
  readonly ts: number;
  readonly worker: string;
  readonly incarnation: string;
  readonly payload: Record<string, unknown>;
}

/** The envelope, or why the event is refused (XT_ENVELOPE, XT_VERSION). */
export function readEnvelope(frame: Record<string, unknown>): Envelope | XTrackError {
  const { v, t, m, p } = frame;
  if (v !== PROTOCOL_VERSION) return wrongVersion(v);
  if (typeof t !== 'string' || t === '' || overBytes(t, LIMITS.label)) return malformed('t', 'expected the event type');
  if (!isObject(m)) return malformed('m', 'expected an object');
  const seq = readInteger(m.seq);
  if (seq === undefined || seq < 0 || !Number.isSafeInteger(seq)) return malformed('m.seq', 'expected an integer from 0 to 2^53 - 1');
  const ts = readInteger(m.ts);
  if (ts === undefined || !Number.isSafeInteger(ts)) return malformed('m.ts', 'expected integer microseconds since the Unix epoch');
  const worker = m.wid ?? '';
  if (typeof worker !== 'string' || overBytes(worker, LIMITS.label))
    return malformed('m.wid', `expected a string up to ${LIMITS.label} bytes`);
  const incarnation = m.inc ?? '';
  if (typeof incarnation !== 'string' || overBytes(incarnation, LIMITS.incarnation)) {
    return malformed('m.inc', `expected a string up to ${LIMITS.incarnation} bytes`);
  }
  if (!isObject(p)) return malformed('p', 'expected an object');
  return { wireType: t, seq, ts, worker, incarnation, payload: p };
}

function wrongVersion(v: unknown): XTrackError {
  if (typeof v !== 'number') return malformed('v', 'expected the protocol version');
  return new XTrackError('XT_VERSION', { detail: `the frame has protocol version ${v}, this side speaks ${PROTOCOL_VERSION}`, field: 'v' });
}

function malformed(field: string, detail: string): XTrackError {
  return new XTrackError('XT_ENVELOPE', { detail, field });
}
