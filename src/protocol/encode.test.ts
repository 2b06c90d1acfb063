// Encoding is the inverse of decoding, for any event, and writes the shape that the fast path knows.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CollectorMessageDecoder } from './collector-decoder.js';
import type { CollectorMessage } from './collector-messages.js';
import { FrameDecoder } from './decoder.js';
import { encodeCollectorMessage, encodeEvent, eventJson } from './encode.js';
import type { WorkerMessage } from './events.js';

const key = fc.oneof(fc.constantFrom('loss', '__proto__', 'constructor', 'é🙂', 'a"b\\'), fc.string({ minLength: 1, maxLength: 40 }));
/** JSON objects put keys that look like array indices first. */
const orderedKey = key.filter((name) => !/^[0-9]/.test(name));
const label = fc.string({ minLength: 1, maxLength: 40 });
const text = fc.string({ maxLength: 80, unit: 'grapheme' });
const number = fc.double();
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const integer = fc.oneof(fc.integer(), fc.maxSafeInteger());
const count = fc.nat();

/** A map without prototype, as the decoder makes it. */
function mapOf<T>(values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.array(fc.tuple(key, values), { maxLength: 4 }).map((pairs) => {
    const map: Record<string, T> = Object.create(null);
    for (const [name, value] of pairs) map[name] = value;
    return map;
  });
}

/** JSON that survives a round trip: `-0` does not. */
const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const object = fc.dictionary(label, json, { maxKeys: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const runId = fc.stringMatching(/^[A-Za-z0-9_:][A-Za-z0-9._:-]{0,20}$/);
const base = {
  runId,
  worker: fc.string({ maxLength: 10 }),
  incarnation: fc.string({ maxLength: 20 }),
  seq: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
  ts: fc.maxSafeInteger(),
};

const context = fc.record(
  {
    phase: fc.constantFrom('train', 'val', 'test'),
    batchSize: count,
    datasetSize: count,
    aggregation: fc.constantFrom('mean', 'sum', 'last'),
  },
  { requiredKeys: [] },
);

/** Each event type: required fields beside the base, and optional ones. */
const shapes: Record<string, [Record<string, fc.Arbitrary<unknown>>, Record<string, fc.Arbitrary<unknown>>]> = {
  run_start: [
    {},
    {
      experimentId: label,
      parentRunId: runId,
      name: label,
      tags: mapOf(text),
      source: fc.record(
        { gitCommit: label, gitBranch: label, gitRepo: label, gitDirty: fc.boolean(), entrypoint: label, codeHash: label },
        { requiredKeys: [] },
      ),
      environment: fc.record(
        {
          pythonVersion: label,
          platform: label,
          hostname: label,
          envVars: mapOf(text),
          packages: mapOf(text),
          gpus: fc.array(fc.record({ name: label, memory: finite }, { requiredKeys: ['name'] }), { maxLength: 3 }),
        },
        { requiredKeys: [] },
      ),
      capabilities: fc.subarray(['ack', 'command']),
    },
  ],
  run_end: [
    { status: fc.constantFrom('completed', 'killed') },
    {
      error: fc.record({ type: label, message: text, traceback: text }, { requiredKeys: ['message'] }),
      finalMetrics: mapOf(number),
      durationMs: finite,
      exit: fc.record(
        { code: fc.option(fc.integer()), signal: fc.option(label), stderrTail: fc.array(text, { maxLength: 3 }) },
        { requiredKeys: ['code', 'signal'] },
      ),
    },
  ],
  param: [{ key, value: json }, {}],
  artifact: [
    { path: label, kind: label, upload: fc.constantFrom('reference', 'inline', 'stream') },
    { name: label, metadata: object, size: count, checksum: label, step: integer, content: text },
  ],
  checkpoint: [
    { step: integer, path: label },
    { epoch: finite, metrics: mapOf(number), isBest: fc.boolean(), bestKey: label, metadata: object },
  ],
  status: [
    { status: fc.constantFrom('running', 'evaluating') },
    { message: text, progress: fc.record({ current: finite, total: finite, unit: label }, { requiredKeys: ['current'] }) },
  ],
  log: [
    { level: fc.constantFrom('debug', 'info', 'warning', 'error'), message: text },
    { logger: label, step: integer, fields: object },
  ],
  gap: [
    { from: fc.integer({ min: 1, max: 100 }), to: fc.integer({ min: 100, max: 200 }) },
    { reason: text, counts: mapOf(count) },
  ],
  command_result: [
    { commandId: label, status: fc.constantFrom('ok', 'error', 'unsupported') },
    { result: json.filter((value) => value !== null), error: text },
  ],
  tags: [{ tags: mapOf(text) }, {}],
  knob: [
    { name: label, value: json },
    { min: finite, max: finite, scale: fc.constantFrom('linear', 'log'), choices: fc.array(json, { maxLength: 4 }) },
  ],
  change: [
    { name: label, value: json },
    { previous: json.filter((value) => value !== null), step: integer, by: label, commandId: label },
  ],
};

const plainEvent = fc.oneof(
  ...Object.entries(shapes).map(([type, [required, optional]]) =>
    fc.record(
      { type: fc.constant(type), ...base, ...required, ...optional },
      { requiredKeys: ['type', ...Object.keys(base), ...Object.keys(required)] as never },
    ),
  ),
);

const position = {
  step: fc.option(integer, { nil: undefined }),
  epoch: fc.option(finite, { nil: undefined }),
  context: fc.option(context, { nil: undefined }),
};
const metric = fc.record({ type: fc.constant('metric'), ...base, key, value: number, ...position });
const batch = fc.record({
  type: fc.constant('metric_batch'),
  ...base,
  metrics: fc.array(fc.tuple(orderedKey, number), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  ...position,
});

const session = { worker: base.worker, incarnation: base.incarnation };
const hello = fc.record(
  {
    type: fc.constant('hello'),
    ...session,
    capabilities: fc.subarray(['ack', 'gap']),
    runId,
    client: label,
    token: label,
    firstSeq: count,
    lastSeq: count,
    maxFrame: count,
  },
  { requiredKeys: ['type', 'worker', 'incarnation', 'capabilities'] },
);
const heartbeat = fc.record(
  { type: fc.constant('heartbeat'), ...session, runId, lastSeq: count },
  { requiredKeys: ['type', 'worker', 'incarnation'] },
);

const anyMessage = fc.oneof(
  { weight: 4, arbitrary: plainEvent },
  metric,
  batch,
  hello,
  heartbeat,
) as unknown as fc.Arbitrary<WorkerMessage>;

function decode(frames: readonly Uint8Array[]): WorkerMessage[] {
  const messages: WorkerMessage[] = [];
  const decoder = new FrameDecoder(
    {
      message(message, _bytes, _start, _end, warnings) {
        expect(warnings).toBeUndefined();
        messages.push(message);
      },
      refused(error) {
        throw error;
      },
      skipped(error) {
        throw error;
      },
    },
    { mode: 'socket' },
  );
  for (const frame of frames) decoder.push(frame);
  return messages;
}

test('what is encoded decodes to the same message, and encodes to the same bytes again', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 4 }), (messages) => {
      const frames = messages.map(encodeEvent);
      const decoded = decode(frames);
      expect(decoded).toEqual(messages);
      expect(decoded.map(encodeEvent)).toEqual(frames);
    }),
    { numRuns: 3000 },
  );
});

test('the canonical shape of a metric', () => {
  const event = { runId: 'r1', worker: '0', incarnation: 'm4x1c9-7f3a91c2', seq: 12, ts: 1703123456789000, step: 5, epoch: 1 } as const;
  expect(eventJson({ type: 'metric', ...event, key: 'loss', value: 0.123, context: { phase: 'train' } })).toBe(
    '{"v":1,"t":"metric","m":{"seq":12,"ts":1703123456789000,"wid":"0","inc":"m4x1c9-7f3a91c2"},"p":{"run_id":"r1","key":"loss","value":0.123,"step":5,"epoch":1,"ctx":{"phase":"train"}}}',
  );
  const metrics = new Map([
    ['a', 1.5],
    ['b', Number.NaN],
    ['2', -0],
  ]);
  expect(eventJson({ type: 'metric_batch', ...event, worker: '', metrics, context: { phase: 'train', aggregation: 'mean' } })).toBe(
    '{"v":1,"t":"metric_batch","m":{"seq":12,"ts":1703123456789000,"inc":"m4x1c9-7f3a91c2"},"p":{"run_id":"r1","metrics":{"a":1.5,"b":"NaN","2":-0},"step":5,"epoch":1,"ctx":{"phase":"train","agg":"mean"}}}',
  );
});

test('an unknown event goes out as it came in', () => {
  const payload = { run_id: 'r1', pixels: [1, 2, null], nested: { a: 'b' } };
  const event: WorkerMessage = { type: 'unknown', wireType: 'image', runId: 'r1', worker: 'w', incarnation: 'i', seq: 3, ts: 4, payload };
  expect(decode([encodeEvent(event)])).toEqual([event]);
});

test('messages to a worker survive any cut of their bytes', () => {
  const messages: CollectorMessage[] = [
    {
      type: 'welcome',
      server: 'xtrack/1',
      capabilities: ['ack'],
      resumeFrom: 2,
      window: { bytes: 3, events: 4 },
      maxFrame: 5,
      runId: 'r1',
    },
    { type: 'ack', seq: 9, status: 'error', error: 'é', runId: 'r1', worker: '0', incarnation: 'i', resend: { from: 1, to: 2 } },
    { type: 'command', commandId: 'c', command: 'stop', payload: { grace: 1 } },
    { type: 'command', commandId: 'd', command: 'adjust_lr', payload: {}, by: 'ada', expiresMs: 60_000 },
  ];
  const bytes = Buffer.concat(messages.map(encodeCollectorMessage));
  for (let cut = 0; cut <= bytes.length; cut++) {
    const seen: CollectorMessage[] = [];
    const decoder = new CollectorMessageDecoder(
      (message) => seen.push(message),
      (error) => {
        throw error;
      },
    );
    decoder.push(bytes.subarray(0, cut));
    decoder.push(bytes.subarray(cut));
    expect(seen).toEqual(messages);
    expect(decoder.failed).toBe(false);
  }
});
