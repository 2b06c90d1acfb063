// Decode and validate, one core: bytes of a socket in 64 KiB chunks → typed events, beside JSON.parse alone on the same
// frames (no validation, no typed object), round by round in turn, since the machine's speed changes from minute to minute.
// Seconds are CPU time of the whole process, garbage collection included: other work on the machine does not count.

import { encodeEvent, FrameDecoder, HEADER_BYTES } from '../dist/protocol/index.js';
import { median } from './bench.mjs';

const ROUNDS = 7;
const EVENTS = 200_000;
/** Different frames in each stream, so that neither side only ever sees one. */
const DISTINCT = 20_000;
const CHUNK = 64 * 1024;

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  return [
    ...compare(
      'metric, short values',
      stream((seq) => metric(seq, Math.round(random() * 1000) / 1000)),
    ),
    ...compare(
      'metric, 17 digits',
      stream((seq) => metric(seq, random())),
    ),
    ...compare('metric_batch of 10', stream(batch, EVENTS / 10), 10),
    ...compare('mixed: 90 % metrics, params, logs, status', stream(mixed)),
  ];
}

/** The same frames through the decoder and through JSON.parse; `points` measured values lie in each frame. */
function compare(name, { chunks, bodies, events }, points = 1) {
  const decoded = [];
  const parsed = [];
  decodeOnce(chunks, events);
  parseOnce(bodies, events);
  for (let round = 0; round < ROUNDS; round++) {
    decoded.push((events * points) / decodeOnce(chunks, events));
    parsed.push((events * points) / parseOnce(bodies, events));
  }
  const unit = points === 1 ? 'events/s' : 'points/s';
  const note = `${(median(decoded) / median(parsed)).toFixed(2)}x JSON.parse alone`;
  return [
    { name: `${name}: decode + validate`, unit, ...spread(decoded), note },
    { name: `${name}: JSON.parse alone`, unit, ...spread(parsed) },
  ];
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds to decode the stream until `events` came out. */
function decodeOnce(chunks, events) {
  let seen = 0;
  let sum = 0;
  const stop = (error) => {
    throw error;
  };
  const decoder = new FrameDecoder(
    {
      message(event) {
        seen++;
        sum += event.seq;
      },
      refused: stop,
      skipped: stop,
    },
    { mode: 'socket' },
  );
  const started = cpuSeconds();
  while (seen < events) for (const chunk of chunks) decoder.push(chunk);
  const seconds = cpuSeconds() - started;
  if (sum === 0 || decoder.pending !== 0) throw new Error('the stream was not decoded whole');
  return (seconds * events) / seen;
}

/** Seconds to cut the same bodies into strings and parse them. */
function parseOnce(bodies, events) {
  let seen = 0;
  let sum = 0;
  const started = cpuSeconds();
  while (seen < events) {
    for (const body of bodies) sum += JSON.parse(body.utf8Slice()).m.seq;
    seen += bodies.length;
  }
  const seconds = cpuSeconds() - started;
  if (sum === 0) throw new Error('nothing was parsed');
  return (seconds * events) / seen;
}

function stream(make, events = EVENTS) {
  const frames = Array.from({ length: DISTINCT }, (_, index) => Buffer.from(encodeEvent(make(index + 1))));
  const bytes = Buffer.concat(frames);
  const chunks = [];
  for (let from = 0; from < bytes.length; from += CHUNK) chunks.push(bytes.subarray(from, from + CHUNK));
  return { chunks, bodies: frames.map((frame) => frame.subarray(HEADER_BYTES)), events };
}

const KEYS = ['loss', 'acc', 'lr', 'grad_norm'];

function base(seq) {
  return {
    runId: '0193fa1c-7b1a-7000-8000-1234567890ab',
    worker: '0',
    incarnation: 'm4x1c9-7f3a91c2',
    seq,
    ts: 1_703_123_456_789_000 + seq * 137,
  };
}

function metric(seq, value) {
  return {
    type: 'metric',
    ...base(seq),
    key: KEYS[seq & 3],
    value,
    step: seq >> 2,
    epoch: seq >> 10,
    context: { phase: seq & 16 ? 'train' : 'val' },
  };
}

function batch(seq) {
  const metrics = new Map(Array.from({ length: 10 }, (_, index) => [`layer.${index}/norm`, random()]));
  return { type: 'metric_batch', ...base(seq), metrics, step: seq, epoch: seq >> 10, context: { phase: 'train' } };
}

function mixed(seq) {
  switch (seq % 30) {
    case 0:
      return { type: 'log', ...base(seq), level: 'info', message: `step ${seq} done`, logger: 'train', step: seq };
    case 10:
      return { type: 'param', ...base(seq), key: `p${seq % 100}`, value: random() };
    case 20:
      return { type: 'status', ...base(seq), status: 'training', progress: { current: seq, total: 1e6, unit: 'steps' } };
    default:
      return metric(seq, random());
  }
}

let state = 1;

/** Seeded, so that two runs of the bench decode the same bytes. */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state + 0.5) / 2 ** 32 + (state % 977) * 1e-14;
}

function spread(values) {
  return { value: median(values), min: Math.min(...values), max: Math.max(...values) };
}
