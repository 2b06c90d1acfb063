// Random and mutated bytes through the decoder: it never throws, never hangs, holds little, and finds every intact
// frame after the damage. XTRACK_FUZZ_BYTES and XTRACK_FUZZ_SEED choose how much and which.

import { expect, test } from 'vitest';
import { FrameDecoder } from './decoder.js';
import { encodeEvent } from './encode.js';
import type { TrackEvent } from './events.js';
import { LIMITS } from './limits.js';

const BYTES = Number(process.env.XTRACK_FUZZ_BYTES ?? 10e6);
const SEED = Number(process.env.XTRACK_FUZZ_SEED ?? Date.now() % 1e9);

type Random = (below: number) => number;

/** mulberry32: small, seeded, good enough to break things. */
function random(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const printable = 'Epoch 1/10 loss=0.5\n{}[]",:\\{"v":1,"t":"metric"';

function anEvent(pick: Random, seq: number): TrackEvent {
  const base = { runId: 'r1', worker: '0', incarnation: 'm4x1c9-7f3a91c2', seq, ts: 1_703_123_456_789_000 + seq };
  const value = pick(1000) / 997;
  switch (pick(5)) {
    case 0:
      return { type: 'metric', ...base, key: 'loss', value, step: seq, context: { phase: 'train' } };
    case 1:
      return {
        type: 'metric_batch',
        ...base,
        metrics: new Map([
          ['a', value],
          ['b', Number.NaN],
        ]),
        step: seq,
      };
    case 2:
      return { type: 'log', ...base, level: 'info', message: printable.repeat(pick(40)), fields: { nested: [{ deep: [value] }] } };
    case 3:
      return { type: 'param', ...base, key: 'model.layers', value: { n: [1, 2, { x: null }], text: 'é🙂' } };
    default:
      return { type: 'checkpoint', ...base, step: seq, path: `ckpt/${seq}.pt`, metrics: { acc: value } };
  }
}

function randomBytes(pick: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => pick(256));
}

/** A frame with one to four things wrong; it may still be one. */
function damaged(pick: Random, frame: Uint8Array): Uint8Array {
  let bytes = Array.from(frame);
  for (let i = 1 + pick(4); i > 0; i--) {
    const at = pick(bytes.length);
    switch (pick(6)) {
      case 0:
        bytes[at] = pick(256);
        break;
      case 1:
        bytes.splice(at, 1 + pick(20));
        break;
      case 2:
        bytes.splice(at, 0, ...randomBytes(pick, 1 + pick(20)));
        break;
      case 3:
        bytes = bytes.slice(0, 1 + at);
        break;
      case 4:
        bytes[pick(4)] = pick(256);
        break;
      default:
        bytes.splice(at, 0, ...bytes.slice(at, at + pick(60)));
    }
    if (bytes.length === 0) return randomBytes(pick, 4);
  }
  return Uint8Array.from(bytes);
}

function noise(pick: Random, seq: number): Uint8Array {
  switch (pick(6)) {
    case 0:
      return randomBytes(pick, pick(300));
    case 1:
      return new Uint8Array(Buffer.from(printable.slice(pick(20)).repeat(pick(8))));
    case 2:
      // A length that fits and an anchor: looks like a frame for as long as possible.
      return new Uint8Array(Buffer.from([0, 0, pick(256), pick(256), ...Buffer.from('{"v":1,"t":"')]));
    default:
      return damaged(pick, encodeEvent(anEvent(pick, 1e9 + seq)));
  }
}

interface Stream {
  readonly bytes: Uint8Array;
  /** Where each intact frame begins → where it ends. */
  readonly intact: ReadonlyMap<number, number>;
}

function makeStream(pick: Random, length: number): Stream {
  const parts: Uint8Array[] = [];
  const intact = new Map<number, number>();
  let size = 0;
  for (let seq = 1; size < length; seq++) {
    const sound = pick(3) > 0;
    const part = sound ? encodeEvent(anEvent(pick, seq)) : noise(pick, seq);
    if (sound) intact.set(size, size + part.length);
    parts.push(part);
    size += part.length;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), intact };
}

/** Decodes in chunks of the given sizes; returns what came out as `offset:length:kind`, joined pieces of skipped bytes. */
function decode(bytes: Uint8Array, mode: 'recover' | 'socket', nextChunk: () => number) {
  const frames = new Map<number, number>();
  const log: string[] = [];
  let at = 0;
  let held = 0;
  const take = (length: number, kind: string) => {
    if (kind === 'frame') frames.set(at, at + length);
    log.push(`${at}:${length}:${kind}`);
    at += length;
  };
  const decoder = new FrameDecoder(
    {
      message: (_message, _bytes, start, end) => take(end - start, 'frame'),
      refused: (error, _event, _bytes, start, end) => take(end - start, error.code),
      skipped(error, offset, { length }) {
        expect(offset).toBe(at);
        take(length, error.code);
      },
    },
    { mode },
  );
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + nextChunk());
    decoder.push(bytes.subarray(from, to));
    held = Math.max(held, decoder.pending);
    from = to;
  }
  decoder.end();
  return { frames, log, held, end: at, decoder };
}

test(`${BYTES} random and mutated bytes, seed ${SEED}`, { timeout: 600_000 }, () => {
  const pick = random(SEED);
  const streamBytes = 200_000;
  let fed = 0;
  let intactFrames = 0;
  while (fed < BYTES) {
    const { bytes, intact } = makeStream(pick, Math.min(streamBytes, BYTES - fed));
    const whole = decode(bytes, 'recover', () => bytes.length);
    for (const [start, end] of intact) expect(whole.frames.get(start)).toBe(end);
    expect(whole.end).toBe(bytes.length);
    expect(whole.decoder.work).toBeLessThan(2 * bytes.length);

    const cut = decode(bytes, 'recover', () => 1 + pick(pick(4) === 0 ? 20_000 : 200));
    expect(cut.log).toEqual(whole.log);
    expect(cut.held).toBeLessThanOrEqual(LIMITS.frame + LIMITS.skippedPiece + 20_000);

    const socket = decode(bytes, 'socket', () => 1 + pick(5000));
    // It ends at the first malformed frame: all that follows is one skip, in pieces where it is long.
    const pieces = socket.log.findLastIndex((line) => !line.includes(`:${LIMITS.skippedPiece}:`) && line !== socket.log.at(-1)) + 1;
    expect(socket.log.slice(0, pieces)).toEqual(whole.log.slice(0, pieces));
    fed += bytes.length;
    intactFrames += intact.size;
  }
  expect(intactFrames).toBeGreaterThan(BYTES / 2000);
});

test('pure noise is skipped, byte for byte', () => {
  const pick = random(SEED);
  const bytes = randomBytes(pick, 300_000);
  const { end, log, decoder } = decode(bytes, 'recover', () => 1 + pick(3000));
  expect(end).toBe(bytes.length);
  expect(log.every((line) => !line.endsWith('frame'))).toBe(true);
  expect(decoder.work).toBeLessThan(2 * bytes.length);
});
