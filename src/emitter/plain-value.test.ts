import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../protocol/events.js';
import { cutBytes, plainLabel, plainNumber, plainValue } from './plain-value.js';

function depthOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('plainValue', () => {
  it.each<[string, unknown, JsonValue]>([
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', -Infinity, '-Infinity'],
    ['a small bigint', 12n, 12],
    ['a bigint beyond 2^53', 2n ** 60n, '1152921504606846976'],
    ['undefined', undefined, null],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', new Date(Number.NaN), 'Invalid Date'],
    [
      'a Map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 3],
      ]),
      { a: 1, 2: 3 },
    ],
    ['a Set', new Set([1, 'b']), [1, 'b']],
    ['a typed array', new Float32Array([0.5, 1]), [0.5, 1]],
    ['an error', new TypeError('x'), 'TypeError: x'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an undefined member', { a: undefined, b: 1 }, { b: 1 }],
    ['toJSON', { toJSON: () => ({ a: 1n }) }, { a: 1 }],
    [
      'a throwing getter',
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new Error('no');
        },
      }),
      '[unreadable]',
    ],
  ])('turns %s into JSON', (_name, value, expected) => {
    expect(plainValue(value)).toEqual(expected);
  });

  it('keeps __proto__ as data', () => {
    const value = plainValue(JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":1}}');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('shows a cycle, and what lies below 48 levels, as text', () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic.self = cyclic;
    expect(plainValue(cyclic)).toEqual({ a: 1, self: expect.stringContaining('Circular') });

    let deep: unknown = 'bottom';
    for (let level = 0; level < 100; level++) deep = { deep };
    expect(depthOf(plainValue(deep))).toBe(48);
  });

  it('shares without cycles are not mistaken for cycles', () => {
    const shared = { x: 1 };
    expect(plainValue([shared, shared])).toEqual([{ x: 1 }, { x: 1 }]);
  });

  it('cuts what is huge', () => {
    expect(JSON.stringify(plainValue('x'.repeat(10_000_000))).length).toBeLessThan(300_000);
    expect((plainValue(new Float64Array(1_000_000)) as readonly JsonValue[]).length).toBeLessThanOrEqual(50_001);
  });

  it('gives JSON of bounded depth for anything, and keeps what is JSON already', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
        }),
        (value) => {
          const plain = plainValue(value);
          expect(depthOf(plain)).toBeLessThanOrEqual(48);
          const text = JSON.stringify(plain);
          expect(JSON.stringify(plainValue(JSON.parse(text)))).toBe(text);
        },
      ),
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(JSON.stringify(plainValue(value))).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('plainNumber', () => {
  it.each<[unknown, number | undefined]>([
    [1.5, 1.5],
    [3n, 3],
    [true, 1],
    ['0.25', 0.25],
    ['nan', Number.NaN],
    ['abc', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
    [{}, undefined],
    [[7], 7],
    [[7, 8], undefined],
    [new Float32Array([0.5]), 0.5],
    [{ dataSync: () => new Float32Array([2]) }, 2],
    [{ item: () => 4 }, 4],
    [Object(9), 9],
  ])('%s → %s', (value, expected) => {
    expect(plainNumber(value)).toBe(expected);
  });
});

describe('labels', () => {
  it('are cut to their bytes without halving a character', () => {
    expect(plainLabel('')).toBeUndefined();
    expect(plainLabel(5)).toBe('5');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const cut = cutBytes(text, 100);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(100);
        expect(text.startsWith(cut)).toBe(true);
      }),
    );
  });
});
