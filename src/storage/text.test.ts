import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText, decodeJson, decodeText, encodeJson, encodeText } from './text.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\u0000', '\u0001', '\ud800', '\udfff', '\ud83d\ude00', 'a', '"'), { maxLength: 5 })
    .map((parts) => parts.join('')),
);

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

describe('text for databases', () => {
  it('comes back exactly, through UTF-8 and without NUL', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const stored = encodeText(text);
        expect(stored).not.toContain('\u0000');
        expect(decodeText(Buffer.from(stored, 'utf8').toString('utf8'))).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves ordinary text as it is', () => {
    for (const text of ['', 'loss', 'val/acc', 'größe', '😀']) expect(encodeText(text)).toBe(text);
  });

  it('is ordered as its UTF-8 bytes are', () => {
    const wellFormed = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(wellFormed, wellFormed, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 1_000 },
    );
    expect(compareText('\uffff', '😀')).toBeLessThan(0);
  });
});

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
