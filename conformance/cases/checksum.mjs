import { byteByByte, concat, crc32c, envelope, event, frame, message, refused, skipped, summed, TS } from './bytes.mjs';

export const description = 'Frames that carry a checksum: right, wrong, none, and what only looks like one.';

const p = (n) => ({ run_id: 'r1', key: 'loss', value: n });
const json = (seq, n = seq) => JSON.stringify(envelope('metric', p(n), { seq }));
const plain = (seq, n = seq) => event('metric', p(n), { seq });
const checked = (seq, n = seq) => frame(summed(json(seq, n)));
const understood = (seq, n = seq) => message('metric', p(n), { seq });

/** The frame with one bit of it flipped. */
function flipped(bytes, at, bit = 0) {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1 << bit;
  return copy;
}

const one = checked(1);
const two = checked(2);
const three = checked(3);
const text = Buffer.from('Epoch 1/10  loss=0.5\n');
const valueAt = two.length - 3;
const digitsAt = 4 + '{"v":1,"c":"'.length;
/** A digit that stays a hex digit when its lowest bit flips: all but `9`, `a`, `f` and their like; the last one that does. */
const digit = [...two.subarray(digitsAt, digitsAt + 8)].findLastIndex((byte) => /[0-9b-e]/.test(String.fromCharCode(byte)));

/** The frame is damaged: in a file it is skipped and what follows is read, a socket ends there. */
const damaged = (id, description, bytes) => [
  {
    id,
    description,
    chunks: [concat(one, bytes, three)],
    expect: [understood(1), skipped('XT_FRAME_CHECKSUM', one.length, bytes.length), understood(3)],
  },
  {
    id: `${id}-socket`,
    description: `${description}: a socket ends there`,
    mode: 'socket',
    chunks: [concat(one, bytes, three)],
    expect: [understood(1), skipped('XT_FRAME_CHECKSUM', one.length, bytes.length)],
  },
];

/** What stands where a checksum would is none: an unknown field, which means nothing. */
const none = (id, description, start) => ({
  id,
  description,
  chunks: [frame(`${start}${json(1).slice('{"v":1'.length)}`)],
  expect: [understood(1)],
});

/** The first value whose frame has a checksum that begins with a zero. */
function padded() {
  for (let n = 1; ; n++) if (summed(json(1, n)).startsWith('{"v":1,"c":"0')) return n;
}

const check = crc32c(Buffer.from('123456789'));
if (check !== 0xe3069283) throw new Error('the CRC-32C of "123456789" is e3069283');

const hello = { run_id: 'r1', client: 'c', caps: ['ack', 'crc'] };
const batch = { run_id: 'r1', metrics: { loss: 0.5, acc: 0.75 }, step: 3, epoch: 1, ctx: { phase: 'val' } };
const log = { run_id: 'r1', level: 'info', msg: 'naïve 漢字 🙂 "quoted" \\ \n' };

export const cases = [
  { id: 'checksum', description: 'the right checksum', chunks: [one], expect: [understood(1)] },
  {
    id: 'checksum-byte-by-byte',
    description: 'a byte at a time',
    chunks: byteByByte(concat(one, two)),
    expect: [understood(1), understood(2)],
  },
  { id: 'checksum-zero', description: 'leading zeros are written', chunks: [checked(1, padded())], expect: [understood(1, padded())] },
  {
    id: 'checksum-hello',
    description: 'a hello may carry one already',
    chunks: [frame(summed(JSON.stringify(envelope('hello', hello, { seq: 0, ts: 0 }))))],
    expect: [message('hello', hello, { seq: 0, ts: 0 })],
  },
  {
    id: 'checksum-batch',
    description: 'a batch',
    chunks: [frame(summed(JSON.stringify(envelope('metric_batch', batch, { wid: '0', inc: 'm4x1c9-7f3a91c2' }))))],
    expect: [message('metric_batch', batch, { wid: '0', inc: 'm4x1c9-7f3a91c2' })],
  },
  {
    id: 'checksum-text',
    description: 'it covers bytes, not characters',
    chunks: [frame(summed(JSON.stringify(envelope('log', log))))],
    expect: [message('log', log)],
  },
  {
    id: 'checksum-refused',
    description: 'an event with the right one is refused for what it says',
    chunks: [frame(summed(JSON.stringify(envelope('metric', { run_id: 'r1' }, { seq: 9 }))))],
    expect: [refused('XT_FIELD_REQUIRED', 'p.key', 9)],
  },
  {
    id: 'checksum-mixed',
    description: 'frames with and without',
    chunks: [concat(one, plain(2), three)],
    expect: [understood(1), understood(2), understood(3)],
  },
  ...damaged('checksum-wrong-value', 'a digit of the value flipped', flipped(two, valueAt)),
  ...damaged('checksum-wrong-text', 'a letter of the key flipped', flipped(two, two.indexOf('loss'))),
  ...damaged('checksum-wrong-digit', 'a digit of the checksum itself flipped', flipped(two, digitsAt + digit)),
  {
    id: 'checksum-wrong-control',
    description: 'a flip that no JSON survives is seen first, as the bytes come',
    chunks: [concat(Buffer.from(two).fill(0x0f, two.indexOf('loss'), two.indexOf('loss') + 1), three)],
    expect: [skipped('XT_FRAME_JSON', 0, two.length), understood(3)],
  },
  {
    id: 'checksum-wrong-first',
    description: 'a wrong one in the first frame of a stream',
    chunks: [flipped(one, valueAt), two],
    expect: [skipped('XT_FRAME_CHECKSUM', 0, one.length), understood(2)],
  },
  {
    id: 'checksum-after-output',
    description: 'behind printed text a frame with a wrong one is passed over',
    chunks: [concat(text, flipped(two, valueAt), three)],
    expect: [skipped('XT_FRAME_TOO_LARGE', 0, text.length + two.length), understood(3)],
  },
  none('checksum-capitals', 'capital digits are no checksum', '{"v":1,"c":"DEADBEEF"'),
  none('checksum-seven', 'seven digits are no checksum', '{"v":1,"c":"deadbee"'),
  none('checksum-nine', 'nine digits are no checksum', '{"v":1,"c":"deadbeef0"'),
  none('checksum-number', 'a number is no checksum', '{"v":1,"c":12345678'),
  none('checksum-null', 'null is no checksum', '{"v":1,"c":null'),
  {
    id: 'checksum-elsewhere',
    description: 'a field of that name in another place is no checksum',
    chunks: [frame(`{"v":1,"t":"metric","c":"deadbeef","m":{"seq":1,"ts":${TS}},"p":${JSON.stringify(p(1))}}`)],
    expect: [understood(1)],
  },
  {
    id: 'checksum-spaces',
    description: 'nor is one with spaces around it',
    chunks: [frame(`{"v":1, "c":"deadbeef","t":"metric","m":{"seq":1,"ts":${TS}},"p":${JSON.stringify(p(1))}}`)],
    expect: [understood(1)],
  },
];
