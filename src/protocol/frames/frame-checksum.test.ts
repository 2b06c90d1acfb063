// A checksum is there to catch what the network or a disk did to a frame: so every bit of one is flipped here.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameDecoder } from '../decoder.js';
import { encodeEvent } from '../encode.js';
import type { WorkerMessage } from '../events.js';
import { HEADER_BYTES } from '../limits.js';
import { crc32c } from './crc32c.js';
import { verifyChecksum, withChecksum } from './frame-checksum.js';

const at = (seq: number) => ({ runId: 'r1', worker: '0', incarnation: 'm4x1c9-7f3a91c2', seq, ts: 1_703_123_456_789_000 });
const metric = (seq: number): WorkerMessage => ({ type: 'metric', ...at(seq), key: 'loss', value: seq / 3, step: seq });
const log = (seq: number): WorkerMessage => ({ type: 'log', ...at(seq), level: 'info', message: 'naïve 漢字' });

/** By the definition, a bit a step. */
function slowly(bytes: Uint8Array): number {
  let register = 0xffffffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1;
  }
  return (register ^ 0xffffffff) >>> 0;
}

/** What comes out of a stream whose peer says that it sends checksums: the messages, and the codes of the damage. */
function decode(bytes: Uint8Array, mode: 'socket' | 'recover', sparing = false) {
  const messages: WorkerMessage[] = [];
  const codes = new Set<string>();
  const decoder = new FrameDecoder(
    {
      message: (message) => messages.push(message),
      refused: (error) => codes.add(error.code),
      skipped: (error) => codes.add(error.code),
    },
    { mode },
  );
  decoder.requireChecksums(sparing);
  decoder.push(bytes);
  decoder.end();
  return { messages, codes };
}

test('crc32c gives the values that everybody gives', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});

test('crc32c agrees with its definition on any bytes, from any place', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (bytes, cut) => {
      const from = Math.min(cut, bytes.length);
      return crc32c(bytes, from) === slowly(bytes.subarray(from));
    }),
  );
});

describe.each(['socket', 'recover'] as const)('in %s mode', (mode) => {
  test.each([
    ['a metric', metric],
    ['a log line', log],
  ])('no bit of %s can flip unseen', (_name, make) => {
    const frames = [metric(1), make(2), metric(3)].map((message) => withChecksum(encodeEvent(message)));
    const [first, second] = frames as [Uint8Array, Uint8Array, Uint8Array];
    const honest = decode(Buffer.concat(frames), mode).messages;
    expect(honest).toEqual([metric(1), make(2), metric(3)]);
    for (let bit = 0; bit < second.length * 8; bit++) {
      const bytes = Buffer.concat(frames);
      const place = first.length + (bit >> 3);
      bytes[place] = (bytes[place] as number) ^ (1 << (bit & 7));
      const { messages, codes } = decode(bytes, mode);
      const place_ = `bit ${bit & 7} of byte ${bit >> 3}`;
      expect(codes.size, place_).toBeGreaterThan(0);
      for (const message of messages) expect(honest, place_).toContainEqual(message);
      if (mode === 'recover') expect(messages.at(-1), place_).toEqual(metric(3));
    }
  });
});

test('a frame without one is damage behind a frame with one, and only there', () => {
  const [plain, checked] = [encodeEvent(metric(1)), withChecksum(encodeEvent(metric(2)))];
  expect(decode(Buffer.concat([plain, plain, checked]), 'socket').codes.size).toBe(0);
  expect([...decode(Buffer.concat([checked, plain]), 'socket').codes]).toEqual(['XT_FRAME_CHECKSUM']);
});

describe('a peer that may leave metrics without one', () => {
  const sparing = (bytes: Uint8Array) => decode(bytes, 'socket', true);

  test('does so, and with nothing else', () => {
    const batch: WorkerMessage = { type: 'metric_batch', ...at(3), metrics: new Map([['a', 1]]) };
    const bytes = Buffer.concat([
      withChecksum(encodeEvent(log(1))),
      encodeEvent(metric(2)),
      encodeEvent(batch),
      withChecksum(encodeEvent(metric(4))),
    ]);
    const { messages, codes } = sparing(bytes);
    expect(messages.map((message) => message.type)).toEqual(['log', 'metric', 'metric_batch', 'metric']);
    expect(codes.size).toBe(0);
    expect([...sparing(Buffer.concat([bytes, encodeEvent(log(5))])).codes]).toEqual(['XT_FRAME_CHECKSUM']);
  });

  test('has no bit flip unseen in a metric that carries one', () => {
    const [first, second] = [metric(1), metric(2)].map((message) => withChecksum(encodeEvent(message))) as [Uint8Array, Uint8Array];
    for (let bit = 0; bit < second.length * 8; bit++) {
      const bytes = Buffer.concat([first, second, first]);
      bytes[first.length + (bit >> 3)] = (bytes[first.length + (bit >> 3)] as number) ^ (1 << (bit & 7));
      expect(sparing(bytes).codes.size, `bit ${bit}`).toBe(1);
    }
  });
});

test('a checksum changes nothing but itself', () => {
  const plain = encodeEvent(log(1));
  const checked = withChecksum(plain);
  expect(verifyChecksum(plain, HEADER_BYTES, plain.length)).toBe('none');
  expect(verifyChecksum(checked, HEADER_BYTES, checked.length)).toBe('right');
  const { c, ...rest } = JSON.parse(Buffer.from(checked.subarray(HEADER_BYTES)).toString()) as { c: string };
  expect(c).toMatch(/^[0-9a-f]{8}$/);
  expect(rest).toEqual(JSON.parse(Buffer.from(plain.subarray(HEADER_BYTES)).toString()));
});
