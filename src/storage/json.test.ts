import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJson, encodeJson } from './json.js';

const leaf = fc.oneof(
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.constantFrom(null, Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '~', '~NaN', '~~-0', ' '),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('JSON text for rows', () => {
  it('gives back every value exactly, numbers that JSON lacks included', () => {
    fc.assert(
      fc.property(value, (input) => {
        expect(decodeJson(encodeJson(input))).toEqual(input);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is always valid JSON that other tools can read', () => {
    fc.assert(
      fc.property(value, (input) => void JSON.parse(encodeJson(input))),
      { numRuns: 500 },
    );
  });

  it('keeps a key called __proto__ as data', () => {
    const input: unknown = JSON.parse('{"__proto__": {"x": 1}, "n": "~"}');
    for (const text of [encodeJson(input), encodeJson({ input, odd: Number.NaN })]) {
      expect(JSON.stringify(decodeJson(text))).toContain('"__proto__":{"x":1}');
      expect(Object.getPrototypeOf(decodeJson<object>(text))).toBe(Object.prototype);
    }
  });
});
