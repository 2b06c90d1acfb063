import { envelope, event, frame, message, refused, TS, warning } from './bytes.mjs';

export const description = 'The envelope: versions, sequence numbers, worker and incarnation, unknown types and fields, session frames.';

const p = { run_id: 'r1', key: 'loss', value: 1 };
const json = (value) => frame(JSON.stringify(value));
const refuses = (id, text, value, code, field, seq = 1) => ({
  id,
  description: text,
  chunks: [json(value)],
  expect: [refused(code, field, seq)],
});
const good = envelope('metric', p);

export const cases = [
  refuses('version-2', 'another version is refused, not guessed', { ...good, v: 2 }, 'XT_VERSION', 'v'),
  refuses('version-text', 'the version is a number', { ...good, v: '1' }, 'XT_ENVELOPE', 'v'),
  refuses('no-type', 'the type is required', { v: 1, m: good.m, p }, 'XT_ENVELOPE', 't'),
  refuses('no-meta', 'metadata is required', { v: 1, t: 'metric', p }, 'XT_ENVELOPE', 'm', null),
  refuses('no-seq', 'seq is required', { ...good, m: { ts: TS } }, 'XT_ENVELOPE', 'm.seq', null),
  refuses('seq-zero', 'events count from 1', { ...good, m: { seq: 0, ts: TS } }, 'XT_ENVELOPE', 'm.seq', 0),
  refuses('seq-negative', 'seq is not negative', { ...good, m: { seq: -1, ts: TS } }, 'XT_ENVELOPE', 'm.seq', -1),
  refuses('seq-fraction', 'seq is an integer', { ...good, m: { seq: 1.5, ts: TS } }, 'XT_ENVELOPE', 'm.seq', null),
  {
    id: 'seq-beyond-double',
    description: 'seq ends at 2^53 - 1',
    chunks: [frame(`{"v":1,"t":"metric","m":{"seq":9007199254740993,"ts":${TS}},"p":{"run_id":"r1","key":"loss","value":1}}`)],
    expect: [refused('XT_ENVELOPE', 'm.seq', null)],
  },
  {
    id: 'seq-largest',
    description: '2^53 - 1 is a sequence number',
    chunks: [event('metric', p, { seq: 9007199254740991 })],
    expect: [message('metric', p, { seq: 9007199254740991 })],
  },
  refuses('no-ts', 'ts is required', { ...good, m: { seq: 1 } }, 'XT_ENVELOPE', 'm.ts'),
  refuses(
    'wid-number',
    'a worker id is text: it is identity, so it is not dropped',
    { ...good, m: { seq: 1, ts: TS, wid: 0 } },
    'XT_ENVELOPE',
    'm.wid',
  ),
  refuses(
    'inc-long',
    'an incarnation has at most 64 bytes',
    { ...good, m: { seq: 1, ts: TS, inc: 'x'.repeat(65) } },
    'XT_ENVELOPE',
    'm.inc',
  ),
  refuses('no-payload', 'the payload is an object', { v: 1, t: 'metric', m: good.m, p: [] }, 'XT_ENVELOPE', 'p'),
  {
    id: 'legacy-without-inc',
    description: 'older emitters send neither wid nor inc',
    chunks: [event('metric', p, { seq: 1 }), event('metric', p, { seq: 2 })],
    expect: [message('metric', p, { seq: 1 }), message('metric', p, { seq: 2 })],
  },
  {
    id: 'empty-wid',
    description: 'empty and null identities are the same as absent',
    chunks: [event('metric', p, { wid: '', inc: null })],
    expect: [message('metric', p)],
  },
  {
    id: 'unknown-fields',
    description: 'unknown fields are ignored everywhere, and are no warning',
    chunks: [json({ ...good, x: 1, m: { ...good.m, zz: [] }, p: { ...p, more: { a: 1 }, ctx: { phase: 'val', lang: 'en' } } })],
    expect: [message('metric', { ...p, ctx: { phase: 'val' } })],
  },
  {
    id: 'unknown-type',
    description: 'an unknown type is kept with its whole payload',
    chunks: [event('image', { run_id: 'r1', pixels: [1, 2], x: null })],
    expect: [message('image', { run_id: 'r1', pixels: [1, 2], x: null })],
  },
  {
    id: 'unknown-type-no-run',
    description: 'an unknown type is never an error',
    chunks: [event('ping', {}, { seq: 0 })],
    expect: [message('ping', {}, { seq: 0 })],
  },
  {
    id: 'key-order',
    description: 'any order of keys and any spaces',
    chunks: [frame(` { "p" : {"value":1,"key":"loss","run_id":"r1"}, "m":{"ts":${TS},"seq":1},\n"t":"metric" , "v":1 }\t`)],
    expect: [message('metric', p)],
  },
  {
    id: 'hello-full',
    description: 'hello, every field',
    chunks: [
      event(
        'hello',
        {
          run_id: 'r1',
          client: 'xtrack-py/0.1.0',
          caps: ['ack', 'command', 'gap'],
          token: 'xtk_1',
          first_seq: 1,
          last_seq: 5120,
          max_frame: 1048576,
        },
        { seq: 0, wid: '0', inc: 'm4x1c9-7f3a91c2' },
      ),
    ],
    expect: [
      message(
        'hello',
        {
          run_id: 'r1',
          client: 'xtrack-py/0.1.0',
          caps: ['ack', 'command', 'gap'],
          token: 'xtk_1',
          first_seq: 1,
          last_seq: 5120,
          max_frame: 1048576,
        },
        { seq: 0, ts: 0, wid: '0', inc: 'm4x1c9-7f3a91c2' },
      ),
    ],
  },
  {
    id: 'hello-empty',
    description: 'hello needs no field',
    chunks: [event('hello', {}, { seq: 0 })],
    expect: [message('hello', { caps: [] }, { seq: 0, ts: 0 })],
  },
  {
    id: 'hello-bad-run',
    description: 'a malformed optional run id is dropped',
    chunks: [event('hello', { run_id: '-r' }, { seq: 0 })],
    expect: [message('hello', { caps: [] }, { seq: 0, ts: 0 }, [warning('p.run_id', 'XT_RUN_ID')])],
  },
  refuses('hello-seq', 'hello has seq 0', envelope('hello', {}, { seq: 3 }), 'XT_ENVELOPE', 'm.seq', 3),
  {
    id: 'heartbeat',
    description: 'the last seq emitted',
    chunks: [event('heartbeat', { run_id: 'r1', last_seq: 77 }, { seq: 0, inc: 'a' })],
    expect: [message('heartbeat', { run_id: 'r1', last_seq: 77 }, { seq: 0, ts: 0, inc: 'a' })],
  },
];
