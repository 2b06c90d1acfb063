import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText, decodeText, encodeText } from './text.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\u0000', '\u0001', '\ud800', '\udfff', '\ud83d\ude00', 'a', '"'), { maxLength: 5 })
    .map((parts) => parts.join('')),
);

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
