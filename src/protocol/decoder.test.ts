// How the decoder treats a stream: buffers, offsets, bounds and work. What each frame means is in the vectors.

import { describe, expect, test } from 'vitest';
import { FrameDecoder, type FrameSink } from './decoder.js';
import { encodeEvent } from './encode.js';
import type { WorkerMessage } from './events.js';
import { LIMITS } from './limits.js';

const event = (seq: number, pad = ''): WorkerMessage => ({
  type: 'log',
  runId: 'r1',
  worker: '',
  incarnation: 'a',
  seq,
  ts: 1,
  level: 'info',
  message: pad,
});

const frame = (seq: number, pad = '') => encodeEvent(event(seq, pad));

const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

const ascii = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

interface Seen {
  readonly seqs: number[];
  readonly ranges: { readonly bytes: Uint8Array; readonly start: number; readonly end: number }[];
  readonly skipped: { readonly code: string; readonly offset: number; readonly length: number }[];
}

function collect(): { readonly sink: FrameSink; readonly seen: Seen } {
  const seen: Seen = { seqs: [], ranges: [], skipped: [] };
  const sink: FrameSink = {
    message(message, bytes, start, end) {
      if ('seq' in message) seen.seqs.push(message.seq);
      seen.ranges.push({ bytes, start, end });
    },
    refused: (_error, refused) => seen.seqs.push(-(refused.seq ?? 0)),
    skipped: (error, offset, bytes) => seen.skipped.push({ code: error.code, offset, length: bytes.length }),
  };
  return { sink, seen };
}

function decode(mode: 'socket' | 'recover', chunks: readonly Uint8Array[]) {
  const { sink, seen } = collect();
  const decoder = new FrameDecoder(sink, { mode });
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return { ...seen, decoder };
}

describe('buffers', () => {
  test('frames whole in a chunk are consecutive ranges of that chunk', () => {
    const chunk = join(frame(1), frame(2), frame(3));
    const { ranges } = decode('socket', [chunk]);
    expect(ranges.every(({ bytes }) => bytes === chunk)).toBe(true);
    expect(ranges.map(({ start }) => start)).toEqual([0, ...ranges.slice(0, -1).map(({ end }) => end)]);
    expect(ranges.at(-1)?.end).toBe(chunk.length);
  });

  test('a frame that spans chunks comes from a scratch buffer, the ones after it from their chunk', () => {
    const [one, two, three] = [frame(1), frame(2), frame(3)];
    const chunk = join(one.subarray(10), two, three);
    const seen: string[] = [];
    const copies: Uint8Array[] = [];
    const { sink } = collect();
    const decoder = new FrameDecoder(
      {
        ...sink,
        message(_message, bytes, start, end) {
          seen.push(bytes === chunk ? 'chunk' : 'scratch');
          copies.push(bytes.slice(start, end));
        },
      },
      { mode: 'socket' },
    );
    decoder.push(one.subarray(0, 10));
    expect(decoder.pending).toBe(10);
    decoder.push(chunk);
    expect(seen).toEqual(['scratch', 'chunk', 'chunk']);
    expect(copies).toEqual([one, two, three]);
    expect(decoder.pending).toBe(0);
    expect(decoder.offset).toBe(one.length + two.length + three.length);
  });

  test('every cut of a stream gives the same frames', () => {
    const stream = join(frame(1), ascii('printed\n'), frame(2, 'x'.repeat(300)), frame(3));
    const whole = decode('recover', [stream]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const { seqs, skipped } = decode('recover', [stream.subarray(0, cut), stream.subarray(cut)]);
      expect(seqs).toEqual([1, 2, 3]);
      expect(skipped).toEqual(whole.skipped);
    }
  });
});

describe('bounds', () => {
  test('a claimed length costs nothing before its bytes come', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 500 }, () => new FrameDecoder(collect().sink, { mode: 'socket', maxFrame: LIMITS.frameHard }));
    for (const decoder of decoders) decoder.push(Uint8Array.of(0, 0xff, 0xff, 0xff, 0x7b));
    expect(decoders.every(({ pending }) => pending === 5)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500 * 16 * 1024);
  });

  test('max_frame holds from the next frame on, up to the hard limit', () => {
    const big = frame(2, 'x'.repeat(LIMITS.frame));
    expect(decode('socket', [big]).skipped).toEqual([{ code: 'XT_FRAME_TOO_LARGE', offset: 0, length: 4 }]);
    const { sink, seen } = collect();
    const decoder = new FrameDecoder(
      {
        ...sink,
        message(...args) {
          sink.message(...args);
          decoder.setMaxFrame(1e12);
        },
      },
      { mode: 'socket' },
    );
    decoder.push(join(frame(1), big));
    decoder.push(Uint8Array.of(1, 0, 0, 1));
    expect(seen.seqs).toEqual([1, 2]);
    expect(seen.skipped).toEqual([{ code: 'XT_FRAME_TOO_LARGE', offset: decoder.offset - 4, length: 4 }]);
  });

  test('a frame over the usual size with millions of values is refused before they are made', () => {
    const withValues = (count: number) => {
      const body = `{"v":1,"t":"log","m":{"seq":1,"ts":1,"inc":"a"},"p":{"run_id":"r1","level":"info","msg":"","x":[${'1,'.repeat(count)}1]}}`;
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32BE(body.length);
      return join(prefix, ascii(body));
    };
    const few = withValues(LIMITS.values - 20);
    const many = withValues(8 * LIMITS.values);
    for (const mode of ['socket', 'recover'] as const) {
      const { sink, seen } = collect();
      const decoder = new FrameDecoder(sink, { mode, maxFrame: LIMITS.frameHard });
      decoder.push(few);
      expect(seen).toMatchObject({ seqs: [1], skipped: [] });
      for (let at = 0; at < many.length; at += 500_000) decoder.push(many.subarray(at, at + 500_000));
      if (mode === 'recover') decoder.push(frame(2));
      expect(new Set(seen.skipped.map(({ code }) => code))).toEqual(new Set(['XT_FRAME_VALUES']));
      expect(seen.seqs).toEqual(mode === 'recover' ? [1, 2] : [1]);
    }
  });

  test('long output is reported in pieces and never held whole', () => {
    const { sink, seen } = collect();
    const decoder = new FrameDecoder(sink, { mode: 'recover' });
    const chunk = ascii('step done {"v": 1} {"v":1}\n'.repeat(100));
    let held = 0;
    for (let i = 0; i < 100; i++) {
      decoder.push(chunk);
      held = Math.max(held, decoder.pending);
    }
    decoder.push(frame(1));
    const lengths = seen.skipped.map(({ length }) => length);
    expect(Math.max(...lengths)).toBe(LIMITS.skippedPiece);
    expect(held).toBeLessThan(LIMITS.skippedPiece + 2 * chunk.length);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(100 * chunk.length);
    expect(seen.skipped.map(({ offset }) => offset)).toEqual(lengths.map((_, index) => index * LIMITS.skippedPiece));
    expect(seen.seqs).toEqual([1]);
  });

  test('a frame that begins behind pieces already reported is truncated where it begins', () => {
    const garbage = ascii('x'.repeat(LIMITS.skippedPiece + 100));
    const half = frame(1).subarray(0, 40);
    const { skipped } = decode('recover', [join(garbage, half)]);
    expect(skipped).toEqual([
      { code: 'XT_FRAME_TOO_LARGE', offset: 0, length: LIMITS.skippedPiece },
      { code: 'XT_FRAME_TOO_LARGE', offset: LIMITS.skippedPiece, length: 100 },
      { code: 'XT_FRAME_TRUNCATED', offset: garbage.length, length: 40 },
    ]);
  });

  test('a socket that failed stays silent', () => {
    const { seqs, skipped, decoder } = decode('socket', [Uint8Array.of(0, 0, 0, 0), frame(1)]);
    expect(seqs).toEqual([]);
    expect(skipped).toHaveLength(1);
    expect(decoder.failed).toBe(true);
  });
});

describe('work is linear under attack', () => {
  const length = (n: number) => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
  const total = 256 * 1024;

  /** Streams built to make a resynchronising decoder read the same bytes again and again. */
  const attacks: Record<string, () => Uint8Array> = {
    'anchors with lengths that reach the end': () => {
      const unit = 12;
      const parts = [Uint8Array.of(0xff, 0xff, 0xff, 0xff)];
      for (let at = 0; at < total; at += unit) parts.push(length(Math.min(total - at, LIMITS.frame)), ascii('{"v":1, '));
      return join(...parts, ascii('}'));
    },
    'nested objects, each with a length': () => {
      const depth = 2000;
      const parts = Array.from({ length: depth }, (_, index) => [length((depth - index) * 20), ascii('{"v":')]).flat();
      return join(Uint8Array.of(0xff), ...parts, ascii('1'), ascii('}'.repeat(depth)));
    },
    'lengths whose last byte is a quote, inside one string': () => {
      const unit = join(length(0x20022), ascii('{"v":"aaaa'));
      return join(Uint8Array.of(0xff), ...Array.from({ length: Math.floor(total / unit.length) }, () => unit));
    },
    'plausible frames that fail at their last byte': () => {
      const body = ascii(`{"v":1,"t":${'[1,'.repeat(20)}"${'x'.repeat(900)}"}`);
      const unit = join(length(body.length), body);
      return join(Uint8Array.of(0xff), ...Array.from({ length: Math.floor(total / unit.length) }, () => unit));
    },
    'anchors alone': () => join(Uint8Array.of(0xff), ascii('{"v":'.repeat(total / 5))),
  };

  test.each(Object.entries(attacks))('%s', (_name, build) => {
    const stream = build();
    for (const chunkBytes of [stream.length, 1000, 1]) {
      const { sink, seen } = collect();
      const decoder = new FrameDecoder(sink, { mode: 'recover' });
      for (let at = 0; at < stream.length; at += chunkBytes) decoder.push(stream.subarray(at, at + chunkBytes));
      decoder.push(frame(7));
      decoder.end();
      expect(seen.seqs).toEqual([7]);
      expect(decoder.work).toBeLessThan(2 * stream.length + 1024);
    }
  });
});
