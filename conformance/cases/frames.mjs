import { byteByByte, concat, event, frame, message, skipped, TS } from './bytes.mjs';

export const description = 'Frames: split and glued, corrupt lengths, bad UTF-8, depth, truncated tails, captured output between frames.';

const p = (n) => ({ run_id: 'r1', key: 'loss', value: n });
const metric = (seq, n = seq) => event('metric', p(n), { seq });
const understood = (seq, n = seq) => message('metric', p(n), { seq });

const withLength = (bytes, length) => {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(length);
  return copy;
};

const nested = (depth) =>
  `{"v":1,"t":"param","m":{"seq":1,"ts":${TS}},"p":{"run_id":"r1","key":"k","value":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`;
const deepValue = (depth) => JSON.parse(nested(depth)).p.value;

const one = metric(1);
const two = metric(2);
const three = metric(3);
const badUtf8 = frame(concat('{"v":1,"t":"log","m":{"seq":2,"ts":0},"p":{"run_id":"r1","level":"info","msg":"', [0xc3, 0x28], '"}}'));
const bom = frame(concat([0xef, 0xbb, 0xbf], JSON.stringify({ v: 1, t: 'metric', m: { seq: 2, ts: 0 }, p: p(2) })));
const text = Buffer.from('Epoch 1/10  loss=0.5\n');
const deep = frame(nested(65));
const split = concat(one.subarray(0, 40), text, one.subarray(40));

/** `bytes` is no frame: in a pipe it is skipped and what follows is read, a socket ends there. */
const malformed = (id, description, bytes, code, inSocket = bytes.length) => [
  {
    id,
    description,
    chunks: [concat(one, bytes, three)],
    expect: [understood(1), skipped(code, one.length, bytes.length), understood(3)],
  },
  {
    id: `${id}-socket`,
    description: `${description}: a socket ends there`,
    mode: 'socket',
    chunks: [concat(one, bytes, three)],
    expect: [understood(1), skipped(code, one.length, inSocket)],
  },
];

export const cases = [
  { id: 'one-frame', description: 'one frame, one chunk', chunks: [one], expect: [understood(1)] },
  {
    id: 'glued',
    description: 'three frames in one chunk',
    chunks: [concat(one, two, three)],
    expect: [understood(1), understood(2), understood(3)],
  },
  {
    id: 'byte-by-byte',
    description: 'two frames, a byte at a time',
    chunks: byteByByte(concat(one, two)),
    expect: [understood(1), understood(2)],
  },
  {
    id: 'split-in-length',
    description: 'the length is split',
    chunks: [one.subarray(0, 2), concat(one.subarray(2), two.subarray(0, 3)), two.subarray(3)],
    expect: [understood(1), understood(2)],
  },
  { id: 'empty-chunks', description: 'empty chunks mean nothing', chunks: [[], one, [], []], expect: [understood(1)] },
  { id: 'empty-stream', description: 'nothing at all', chunks: [], expect: [] },
  { id: 'max-frame', description: 'a frame of exactly the limit', max_frame: one.length - 4, chunks: [one], expect: [understood(1)] },
  {
    id: 'over-max-frame',
    description: 'a frame one byte over the limit',
    max_frame: one.length - 5,
    mode: 'socket',
    chunks: [one],
    expect: [skipped('XT_FRAME_TOO_LARGE', 0, 4)],
  },
  ...malformed('length-zero', 'a length of 0', Buffer.from([0, 0, 0, 0]), 'XT_FRAME_TOO_SHORT'),
  ...malformed('length-one', 'a length of 1', Buffer.from([0, 0, 0, 1, 0x7b]), 'XT_FRAME_TOO_SHORT', 4),
  ...malformed('length-4-gib', 'a length of 4 GiB - 1', withLength(two, 0xffffffff), 'XT_FRAME_TOO_LARGE', 4),
  ...malformed('bad-utf8', 'bytes that are not UTF-8', badUtf8, 'XT_FRAME_UTF8'),
  ...malformed('byte-order-mark', 'a byte order mark is no JSON', bom, 'XT_FRAME_JSON'),
  ...malformed('depth-65', '65 levels', deep, 'XT_FRAME_DEPTH'),
  ...malformed('not-json', 'an object that is not JSON', frame('{"v":1,}'), 'XT_FRAME_JSON'),
  ...malformed('array', 'JSON that is no object', frame('[{"v":1}]'), 'XT_FRAME_JSON'),
  ...malformed('two-objects', 'two objects in one frame', frame('{"v":1}{"v":1}'), 'XT_FRAME_JSON'),
  ...malformed('raw-newline', 'a raw newline inside a string', frame('{"v":1,"t":"a\nb"}'), 'XT_FRAME_JSON'),
  {
    id: 'depth-64',
    description: '64 levels',
    chunks: [frame(nested(64))],
    expect: [message('param', { run_id: 'r1', key: 'k', value: deepValue(64) })],
  },
  {
    id: 'brackets-in-text',
    description: 'brackets inside text are no levels',
    chunks: [event('log', { run_id: 'r1', level: 'info', msg: '[{"'.repeat(80) })],
    expect: [message('log', { run_id: 'r1', level: 'info', msg: '[{"'.repeat(80) })],
  },
  {
    id: 'length-short',
    description: 'a length that is too small: the frame is lost, the next is not',
    chunks: [concat(withLength(one, one.length - 20), two)],
    expect: [skipped('XT_FRAME_JSON', 0, one.length), understood(2)],
  },
  {
    id: 'length-long',
    description: 'a length that is too large swallows nothing',
    chunks: [concat(withLength(one, 5000), two, three)],
    expect: [skipped('XT_FRAME_JSON', 0, one.length), understood(2), understood(3)],
  },
  {
    id: 'lost-bytes',
    description: 'bytes lost in the middle of a frame',
    chunks: [concat(one.subarray(0, 30), one.subarray(50), two)],
    expect: [skipped('XT_FRAME_JSON', 0, one.length - 20), understood(2)],
  },
  {
    id: 'half-frame-then-session',
    description: 'a writer died inside a frame, the next one appended',
    chunks: [concat(one, two.subarray(0, 33), three)],
    expect: [understood(1), skipped('XT_FRAME_JSON', one.length, 33), understood(3)],
  },
  {
    id: 'truncated-tail',
    description: 'the stream ends inside a frame',
    chunks: [one, two.subarray(0, 50)],
    expect: [understood(1), skipped('XT_FRAME_TRUNCATED', one.length, 50)],
  },
  {
    id: 'truncated-length',
    description: 'the stream ends inside a length',
    chunks: [one, two.subarray(0, 3)],
    expect: [understood(1), skipped('XT_FRAME_TRUNCATED', one.length, 3)],
  },
  {
    id: 'truncated-tail-socket',
    description: 'the same on a socket',
    mode: 'socket',
    chunks: [one, two.subarray(0, 50)],
    expect: [understood(1), skipped('XT_FRAME_TRUNCATED', one.length, 50)],
  },
  {
    id: 'output-between',
    description: 'what a script prints between frames is skipped, every frame is found',
    chunks: [concat(text, one, text, two, three, text)],
    expect: [
      skipped('XT_FRAME_TOO_LARGE', 0, text.length),
      understood(1),
      skipped('XT_FRAME_TOO_LARGE', text.length + one.length, text.length),
      understood(2),
      understood(3),
      skipped('XT_FRAME_TOO_LARGE', 2 * text.length + one.length + two.length + three.length, text.length),
    ],
  },
  {
    id: 'output-inside',
    description: 'output inside a frame spoils that frame alone',
    chunks: [concat(split, two)],
    expect: [skipped('XT_FRAME_JSON', 0, split.length), understood(2)],
  },
  {
    id: 'output-with-anchor',
    description: 'printed JSON is no frame',
    chunks: [concat('{"v":1,"t":"metric"}\n{"v":1}\n', one)],
    expect: [skipped('XT_FRAME_TOO_LARGE', 0, 29), understood(1)],
  },
  {
    id: 'output-then-truncated',
    description: 'output, then a frame whose end never came',
    chunks: [concat(text, two.subarray(0, 50))],
    expect: [skipped('XT_FRAME_TOO_LARGE', 0, text.length), skipped('XT_FRAME_TRUNCATED', text.length, 50)],
  },
  {
    id: 'damaged-length-in-output',
    description: 'a false length before an anchor is passed over',
    chunks: [concat(text, [0, 0, 0, 60], '{"v":', [1, 2, 3], one)],
    expect: [skipped('XT_FRAME_TOO_LARGE', 0, text.length + 12), understood(1)],
  },
  {
    id: 'shortest-after-output',
    description: 'the shortest body that is found again has 9 bytes',
    chunks: [concat(text, frame('{"v":1}'), frame('{"v": 1 }'), one)],
    expect: [skipped('XT_FRAME_TOO_LARGE', 0, text.length + 11), { kind: 'refused', code: 'XT_ENVELOPE', field: 't' }, understood(1)],
  },
  {
    id: 'closed-too-early',
    description: 'the object ends before the frame does, and the stream ends before both',
    chunks: [concat(frame('{"v":1}{"v":1', 90))],
    expect: [skipped('XT_FRAME_JSON', 0, 17)],
  },
  {
    id: 'refused-after-output',
    description: 'a refused event is a frame too',
    chunks: [concat(text, event('metric', { run_id: 'r1' }, { seq: 9 }), one)],
    expect: [
      skipped('XT_FRAME_TOO_LARGE', 0, text.length),
      { kind: 'refused', code: 'XT_FIELD_REQUIRED', field: 'p.key', seq: 9 },
      understood(1),
    ],
  },
];
