// Typed messages → frames, in the canonical shape that the fast decoder knows.

import type { CollectorMessage } from './collector-messages.js';
import { collectorWriters, contextToWire, writers } from './event-to-wire.js';
import type { Heartbeat, Hello, Metric, MetricBatch, WorkerMessage } from './events.js';
import { integerText, numberText } from './frames/numbers.js';
import { HEADER_BYTES, PROTOCOL_VERSION } from './limits.js';

const encoder = new TextEncoder();

/**
 * The frame of an event or session message, its length prefix included. Does not check the message: what the
 * decoder would refuse is written as it is. `hello` and `heartbeat` get seq 0 and ts 0.
 */
export function encodeEvent(message: WorkerMessage): Uint8Array {
  return frame(eventJson(message));
}

/** The frame of a message to a worker. */
export function encodeCollectorMessage(message: CollectorMessage): Uint8Array {
  const write = collectorWriters[message.type] as (message: CollectorMessage) => unknown;
  const payload = write(message);
  return frame(JSON.stringify({ v: PROTOCOL_VERSION, t: message.type, m: { seq: 0, ts: 0 }, p: payload }));
}

/** The JSON text of a message: what its frame holds behind the length. */
export function eventJson(message: WorkerMessage): string {
  if (message.type === 'metric') return `${head(message.type, message)}{${metricText(message)}}}`;
  if (message.type === 'metric_batch') return `${head(message.type, message)}{${batchText(message)}}}`;
  const write = writers[message.type] as (message: WorkerMessage) => unknown;
  const type = message.type === 'unknown' ? message.wireType : message.type;
  return `${head(type, message)}${JSON.stringify(write(message))}}`;
}

function frame(json: string): Uint8Array {
  const body = encoder.encode(json);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function head(type: string, message: WorkerMessage | Hello | Heartbeat): string {
  const seq = 'seq' in message ? message.seq : 0;
  const ts = 'ts' in message ? message.ts : 0;
  const worker = message.worker === '' ? '' : `,"wid":${JSON.stringify(message.worker)}`;
  const incarnation = message.incarnation === '' ? '' : `,"inc":${JSON.stringify(message.incarnation)}`;
  return `{"v":${PROTOCOL_VERSION},"t":${JSON.stringify(type)},"m":{"seq":${seq},"ts":${ts}${worker}${incarnation}},"p":`;
}

function metricText(event: Metric): string {
  return `"run_id":${JSON.stringify(event.runId)},"key":${JSON.stringify(event.key)},"value":${numberText(event.value)}${position(event)}`;
}

/** Written key by key: an object would put integer-like keys first, and lose `-0`. */
function batchText(event: MetricBatch): string {
  const metrics = Array.from(event.metrics, ([key, value]) => `${JSON.stringify(key)}:${numberText(value)}`);
  return `"run_id":${JSON.stringify(event.runId)},"metrics":{${metrics.join(',')}}${position(event)}`;
}

function position(event: Metric | MetricBatch): string {
  const step = event.step === undefined ? '' : `,"step":${integerText(event.step)}`;
  const epoch = event.epoch === undefined ? '' : `,"epoch":${numberText(event.epoch)}`;
  const context = event.context === undefined ? '' : `,"ctx":${JSON.stringify(contextToWire(event.context))}`;
  return step + epoch + context;
}
