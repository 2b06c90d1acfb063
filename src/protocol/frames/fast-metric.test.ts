// The fast path is an optimisation, so its whole specification is: where it answers, it answers as the general path does.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventJson } from '../encode.js';
import { readEnvelope } from '../envelope.js';
import { XTrackError } from '../errors.js';
import type { Metric, MetricBatch, WorkerMessage } from '../events.js';
import { readMessage } from '../read-message.js';
import { FastMetricReader } from './fast-metric.js';
import { FastNumber } from './fast-number.js';
import { FrameScan } from './frame-scan.js';
import { parseFrame } from './parse-frame.js';

const RUNS = Number(process.env.XTRACK_PROPERTY_RUNS ?? 20_000);

/** The general path alone: the message, when it is one without warnings. */
function general(body: Uint8Array): WorkerMessage | undefined {
  if (new FrameScan().walk(body, 0, body.length) !== 'closed') return undefined;
  const json = parseFrame(body, 0, body.length);
  if (typeof json === 'string') return undefined;
  const envelope = readEnvelope(json);
  if (envelope instanceof XTrackError) return undefined;
  const read = readMessage(envelope, body.length);
  return read instanceof XTrackError || read.warnings !== undefined ? undefined : read.message;
}

/** Both paths on one body that lies between other bytes; the fast one must agree or stay silent. */
function compare(reader: FastMetricReader, body: Uint8Array, after = '}}'): boolean {
  const around = new Uint8Array(Buffer.concat([Buffer.from('x'), body, Buffer.from(after)]));
  const fast = reader.read(around, 1, 1 + body.length);
  if (fast === undefined) return false;
  const expected = general(body) as Metric | MetricBatch | undefined;
  expect(fast).toStrictEqual(expected);
  if (fast.type === 'metric_batch') expect([...fast.metrics]).toStrictEqual([...(expected as MetricBatch).metrics]);
  return true;
}

const utf8 = new TextEncoder();

const numberText = fc.oneof(
  fc.double().map((value) => JSON.stringify(value) ?? 'null'),
  fc.double({ noNaN: true, min: -1, max: 1 }).map(String),
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,4})?$/),
  fc.stringMatching(/^-?[0-9]{0,3}[.eE+-]?[0-9]{0,3}[.eE]?$/),
  fc.constantFrom(
    'NaN',
    '-Infinity',
    '"NaN"',
    '"12"',
    '-0',
    '0',
    '-0.0',
    '01',
    '1.',
    '.5',
    '1e',
    '1e400',
    '5e-324',
    'null',
    '9007199254740993',
    '00',
    '-',
  ),
);

const text = fc.oneof(
  fc.constantFrom(
    'loss',
    'acc',
    'r1',
    '0',
    '__proto__',
    'constructor',
    '..',
    '-r',
    '',
    '10',
    'é',
    'a\\"b',
    '\\u0061',
    'x'.repeat(130),
    'x'.repeat(600),
  ),
  fc.string({ maxLength: 12 }).map((value) => JSON.stringify(value).slice(1, -1)),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

const meta = fc.record({ seq: numberText, ts: numberText, wid: fc.option(text), inc: fc.option(text) });

const context = fc.oneof(
  fc.constantFrom(
    '{}',
    'null',
    '{"phase":"train"}',
    '{"phase":"val","agg":"mean"}',
    '{"phase":"x"}',
    '{"phase":"train","phase":"val"}',
    '[]',
    '{"batch_size":32} ',
    '{"a":{}}',
    '{"phase":"train"}}',
  ),
  fc.json({ maxDepth: 2 }),
);

const tail = fc
  .record({
    step: fc.option(numberText),
    epoch: fc.option(numberText),
    ctx: fc.option(context),
    more: fc.constantFrom('', ',"key":"b"', ',"x":1', ' '),
  })
  .map(({ step, epoch, ctx, more }) => {
    const part = (name: string, value: string | null) => (value === null ? '' : `,"${name}":${value}`);
    return part('step', step) + part('epoch', epoch) + part('ctx', ctx) + more;
  });

/** Seven parts, of which only some are odd, so that odd parts meet in every combination with sane ones. */
const body = fc
  .record({
    meta,
    run: text,
    key: text,
    value: numberText,
    tail,
    pairs: fc.array(fc.tuple(text, numberText), { maxLength: 3 }),
    odd: fc.nat(127),
    batch: fc.boolean(),
  })
  .map(({ meta: m, run, key, value, tail: rest, pairs, odd, batch }) => {
    const pick = (bit: number, strange: string, sane: string) => ((odd >> bit) & 1 ? strange : sane);
    const named = (name: string, value: string | null) => (value === null ? '' : `,"${name}":"${value}"`);
    const identity = pick(0, named('wid', m.wid) + named('inc', m.inc), ',"wid":"0"');
    const head = `{"v":1,"t":"${batch ? 'metric_batch' : 'metric'}","m":{"seq":${pick(1, m.seq, '12')},"ts":${pick(2, m.ts, '1703123456789000')}${identity}}`;
    const metrics = pick(5, pairs.map(([name, number]) => `"${name}":${number}`).join(','), '"a":1,"b":2');
    const measured = batch ? `"metrics":{${metrics}}` : `"key":"${pick(4, key, 'loss')}","value":${pick(5, value, '0.5')}`;
    return `${head},"p":{"run_id":"${pick(3, run, 'r1')}",${measured}${pick(6, rest, ',"step":1')}}}`;
  });

test('agrees with the general path on canonical shapes with odd parts', () => {
  const reader = new FastMetricReader();
  let taken = 0;
  fc.assert(
    fc.property(body, (json) => {
      if (compare(reader, utf8.encode(json))) taken++;
    }),
    { numRuns: RUNS },
  );
  expect(taken).toBeGreaterThan(RUNS / 100);
});

test('agrees with the general path on mutated frames', () => {
  const reader = new FastMetricReader();
  const mutation = fc.array(
    fc.tuple(
      fc.nat(400),
      fc.constantFrom(...utf8.encode('{}[]",:\\0123456789.eE+-atx \n\u00e9')),
      fc.constantFrom('set', 'insert', 'delete'),
    ),
    { minLength: 1, maxLength: 3 },
  );
  let taken = 0;
  fc.assert(
    fc.property(sane(), mutation, (json, changes) => {
      const bytes = Array.from(utf8.encode(json));
      for (const [place, byte, how] of changes) {
        const at = place % bytes.length;
        if (how === 'set') bytes[at] = byte;
        else bytes.splice(at, how === 'delete' ? 1 : 0, ...(how === 'insert' ? [byte] : []));
      }
      if (compare(reader, Uint8Array.from(bytes))) taken++;
    }),
    { numRuns: RUNS },
  );
  expect(taken).toBeGreaterThan(RUNS / 100);
});

/** Frames as our emitters write them. */
function sane() {
  const base = {
    runId: fc.constantFrom('r1', 'run-2:a'),
    worker: fc.constantFrom('', '0', 'node-1'),
    incarnation: fc.constantFrom('', 'm4x1c9-7f3a91c2'),
    seq: fc.integer({ min: 1, max: 2 ** 40 }),
    ts: fc.integer({ min: 0, max: 2 ** 52 }),
    step: fc.option(fc.integer(), { nil: undefined }),
    epoch: fc.option(fc.nat(100), { nil: undefined }),
    context: fc.constantFrom(undefined, { phase: 'train' }, { phase: 'val', aggregation: 'mean', batchSize: 32 }),
  };
  // Whole numbers from 2^53 on are for the general path, which tells whether they are what was written.
  const inexact = (value: number): boolean => Number.isInteger(value) && Math.abs(value) >= 2 ** 53;
  const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (inexact(value) ? value / 2 ** 1000 : value));
  const metric = fc.record({ type: fc.constant('metric'), key: fc.constantFrom('loss', 'val/acc', 'é'), value, ...base });
  const metrics = fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'loss', 'é'), value), { minLength: 1, maxLength: 4 })
    .map((pairs) => new Map(pairs));
  const batch = fc.record({ type: fc.constant('metric_batch'), metrics, ...base });
  return fc.oneof(metric, batch).map((event) => eventJson(event as unknown as WorkerMessage));
}

test('takes every frame of the canonical shape', () => {
  const reader = new FastMetricReader();
  fc.assert(
    fc.property(sane(), (json) => {
      expect(compare(reader, utf8.encode(json))).toBe(true);
    }),
    { numRuns: RUNS / 10 },
  );
});

test('believes nothing that stands behind the end of the frame', () => {
  const whole = '{"v":1,"t":"metric","m":{"seq":1,"ts":1},"p":{"run_id":"r1","key":"loss","value":12,"step":34,"ctx":{"phase":"train"}}}';
  for (let cut = 1; cut < whole.length; cut++) {
    const reader = new FastMetricReader();
    compare(reader, utf8.encode(whole));
    expect(compare(reader, utf8.encode(whole.slice(0, cut)), whole.slice(cut))).toBe(false);
  }
});

test('reads numbers bit for bit as JSON.parse does', () => {
  const number = new FastNumber();
  const bytes = new Uint8Array(new Float64Array(1).buffer);
  const exact = (value: number) => {
    new DataView(bytes.buffer).setFloat64(0, value);
    return bytes.join();
  };
  const anyDouble = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((raw) => new DataView(raw.buffer, raw.byteOffset).getFloat64(0));
  const digits = (lead: string) =>
    fc.tuple(fc.bigInt({ min: 10n ** 14n, max: 10n ** 18n - 1n }), fc.integer({ min: -25, max: 25 })).map(([n, e]) => `${lead}${n}e${e}`);
  const pointed = fc.tuple(fc.nat(999), fc.bigInt({ min: 0n, max: 10n ** 17n })).map(([whole, part]) => `${whole}.${part}`);
  const halfway = fc.tuple(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), fc.integer({ min: -1, max: 1 })).map(([near, off]) => {
    const [whole = '0', part = '0'] = near.toFixed(17).split('.');
    return `${whole}.${BigInt(part) + BigInt(off) < 0n ? 0n : BigInt(part) + BigInt(off)}`;
  });
  const texts = fc.oneof(
    anyDouble.filter(Number.isFinite).map((value) => (Object.is(value, -0) ? '-0' : String(value))),
    digits(''),
    digits('-'),
    pointed,
    halfway,
    numberText,
  );
  fc.assert(
    fc.property(texts, (json) => {
      const encoded = utf8.encode(`${json},`);
      const end = number.readNumber(encoded, 0);
      if (end !== encoded.length - 1) return;
      expect(exact(number.value)).toBe(exact(JSON.parse(json)));
    }),
    { numRuns: RUNS * 5 },
  );
});
