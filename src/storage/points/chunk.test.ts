import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_POINTS, decodeChunk, encodeChunk } from './chunk.js';
import { PointList } from './point-list.js';

type Row = readonly [seq: number, step: number, epoch: number, ts: number, value: number];

function listOf(rows: readonly Row[]): PointList {
  const points = new PointList();
  for (const row of rows) points.push(...row);
  return points;
}

function rowsOf(points: PointList): Row[] {
  return Array.from(
    { length: points.length },
    (_, at) => [points.seq[at], points.step[at], points.epoch[at], points.ts[at], points.value[at]] as Row,
  );
}

const anyNumber = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.integer({ min: -3, max: 300 }),
  fc.constantFrom(
    Number.NaN,
    -0,
    0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53 - 1,
    1 - 2 ** 53,
    2 ** 52,
    Number.MIN_VALUE,
  ),
);
/** Columns as they are in practice: one kind of number throughout. */
const column = fc.oneof(
  fc.array(anyNumber, { minLength: 40, maxLength: 40 }),
  fc.array(fc.constant(Number.NaN), { minLength: 40, maxLength: 40 }),
  fc.array(fc.maxSafeInteger(), { minLength: 40, maxLength: 40 }),
  fc.tuple(fc.maxSafeInteger(), fc.integer()).map(([first, delta]) => Array.from({ length: 40 }, (_, at) => first + at * delta)),
  fc
    .tuple(fc.maxSafeInteger(), fc.array(fc.integer(), { minLength: 40, maxLength: 40 }))
    .map(([first, deltas]) => deltas.map((delta) => first + delta)),
);

describe('a chunk', () => {
  it('gives every column back bit by bit, NaN payloads aside', () => {
    const columns = fc.tuple(column, column, column, column, column, fc.integer({ min: 0, max: 40 }), fc.constantFrom('fast', 'small'));
    fc.assert(
      fc.property(columns, ([seq, step, epoch, ts, value, count, effort]) => {
        const rows = Array.from({ length: count }, (_, at) => [seq[at], step[at], epoch[at], ts[at], value[at]] as Row);
        expect(rowsOf(decodeChunk(encodeChunk(listOf(rows), effort as 'fast')))).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  it('takes NaN whatever its payload', () => {
    const points = listOf([
      [1, 1, 1, 1, 0],
      [2, 2, 2, 2, 1],
    ]);
    new BigUint64Array(points.value.buffer)[0] = 0x7ff8_0000_dead_beefn;
    expect(decodeChunk(encodeChunk(points, 'small')).value[0]).toBeNaN();
  });

  it('is small for what training logs: no bytes for an absent or steady column', () => {
    const noise = (seq: number) => Math.fround(Math.sin(seq * 12.9898) * 43_758.5453) % 1;
    const rows = Array.from({ length: CHUNK_POINTS }, (_, at) => [at, at, Number.NaN, 1.7e15 + at * 350 + (at % 97), noise(at)] as Row);
    const points = listOf(rows);
    expect(encodeChunk(points, 'small').length).toBeLessThan(CHUNK_POINTS * 8);
    points.value.fill(0.5);
    points.ts.fill(1);
    expect(encodeChunk(points, 'small').length).toBeLessThan(100);
  });

  it('refuses more points than a chunk holds', () => {
    const points = listOf(Array.from({ length: CHUNK_POINTS + 1 }, (_, at) => [at, at, at, at, at] as Row));
    expect(() => encodeChunk(points, 'fast')).toThrow(expect.objectContaining({ code: 'XT_ARGUMENT' }));
  });

  it('never fails otherwise than with XT_STORE_READ, whatever byte is damaged', () => {
    const rows = Array.from({ length: 30 }, (_, at) => [at * 3, at, at / 2, 1e15 + at * at, Math.sqrt(at)] as Row);
    const bytes = encodeChunk(listOf(rows), 'small');
    for (let length = 0; length < bytes.length; length++) expectReadable(bytes.subarray(0, length));
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 128, 255]) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ flip;
        expectReadable(damaged);
      }
    }
  });
});

/** Some damage still decodes (to other values); what does not must say so properly. */
function expectReadable(bytes: Uint8Array): void {
  try {
    expect(decodeChunk(bytes).length).toBeLessThanOrEqual(CHUNK_POINTS);
  } catch (error) {
    expect(error).toMatchObject({ code: 'XT_STORE_READ' });
  }
}
