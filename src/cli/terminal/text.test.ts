import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, pad, plainText, textWidth, visibleLines, wrap } from './text.js';

// Anything that a stranger may put into a name: every code point, escape sequences, wide and combining characters.
const strange = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('a', '\u001b[31m', '\u001b]0;t\u0007', '\u009b2J', '\r', '\n', '\t', '語', '🚀', 'e\u0301', '\u202e', '\u200d', '❤️'),
    )
    .map((parts) => parts.join('')),
);

describe('plain text', () => {
  it('has no control character, whatever comes', () => {
    fc.assert(fc.property(strange, (text) => !/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(plainText(text))));
  });

  it('drops colours, titles and cursor movements, and keeps the words', () => {
    expect(plainText('\u001b[1;31mloss\u001b[0m \u001b]0;title\u0007is\u001b[2J\tfine')).toBe('loss is fine');
  });

  it('leaves ordinary text alone', () => {
    expect(plainText('größe = 3 µm, 損失')).toBe('größe = 3 µm, 損失');
  });
});

describe('visible lines', () => {
  it('are what is left on screen after carriage returns', () => {
    expect(visibleLines('10%\r50%\r100%\ndone\r')).toEqual(['100%', 'done']);
  });
});

describe('widths', () => {
  it.each([
    ['abc', 3],
    ['損失', 4],
    ['🚀', 2],
    ['e\u0301', 1],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%j takes %i cells', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it('clip never goes past the width, and says that something is missing', () => {
    fc.assert(fc.property(strange.map(plainText), fc.nat(30), (text, width) => textWidth(clip(text, width)) <= width));
    expect(clip('損失関数', 5)).toBe('損失…');
    expect(clip('short', 5)).toBe('short');
  });

  it('pad always fills the width exactly', () => {
    fc.assert(fc.property(strange.map(plainText), fc.nat(30), (text, width) => textWidth(pad(text, width)) === width));
    expect(pad('7', 3, 'end')).toBe('  7');
  });

  it('wrap loses nothing and no piece is too wide', () => {
    fc.assert(
      fc.property(strange.map(plainText), fc.integer({ min: 2, max: 30 }), (text, width) => {
        const pieces = wrap(text, width);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) expect(textWidth(piece)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
