import { describe, expect, it } from 'vitest';
import { stripAnsi, styledParts } from './ansi';

describe('stripAnsi', () => {
  it.each([
    ['plain text stays', 'plain ü 🙂 text\n  two', 'plain ü 🙂 text\n  two'],
    ['colours', '\u001b[1;31merror\u001b[0m: no', 'error: no'],
    ['true colour with colons', '\u001b[38:2:10:20:30mx\u001b[m', 'x'],
    ['cursor moves and erasing', '\u001b[2K\u001b[1Gdone\u001b[?25h', 'done'],
    ['a link', '\u001b]8;;https://example.org\u0007text\u001b]8;;\u0007', 'text'],
    ['a title that ends with ST', '\u001b]0;title\u001b\\after', 'after'],
    ['eight-bit sequences', '\u009b31mred\u009b0m', 'red'],
    ['a sequence that is cut off', 'ab\u001b[3', 'ab'],
    ['a string that is cut off', 'ab\u001b]0;never ends', 'ab'],
    ['charset selection', '\u001b(Bx', 'x'],
    ['a progress bar keeps its last state', '10%\r20%\r30%', '30%'],
    ['a line that ends with a carriage return', '30%\r', '30%'],
    ['carriage return and new line', 'one\r\ntwo', 'one\ntwo'],
    ['bell, backspace and nul', 'a\u0007b\u0008c\u0000d', 'abcd'],
    ['marks that turn text around', 'a\u202eb\u2066c', 'abc'],
    ['a tab stays', 'a\tb', 'a\tb'],
  ])('%s', (_what, text, plain) => {
    expect(stripAnsi(text)).toBe(plain);
  });

  it('reads a long hostile line in linear time', () => {
    expect(stripAnsi('\u001b]'.repeat(100_000)).length).toBe(0);
    expect(stripAnsi(`\u001b[${'1;'.repeat(100_000)}`).length).toBe(0);
  });
});

describe('a line in its colours', () => {
  const ESC = '\u001b';
  const shown = (text: string) => styledParts(text).map(({ text: part, colour, bold }) => [part, colour, bold]);

  it('has a part for each look', () => {
    expect(shown(`${ESC}[1;32mgreen${ESC}[0m plain`)).toEqual([
      ['green', 2, true],
      [' plain', null, false],
    ]);
    expect(shown(`${ESC}[91mred ${ESC}[1mbold${ESC}[22;39m.`)).toEqual([
      ['red ', 9, false],
      ['bold', 9, true],
      ['.', null, false],
    ]);
    expect(shown(`${ESC}[38;5;3mthree${ESC}[38;2;0;1;2mmany`)).toEqual([
      ['three', 3, false],
      ['many', null, false],
    ]);
  });

  it('is never more than text: what moves or hides is gone, and a million codes are a few parts', () => {
    expect(shown(`${ESC}[2Ax${ESC}]0;title\u0007<b>\u202e`)).toEqual([['x<b>', null, false]]);
    expect(styledParts(`${ESC}[31ma${ESC}[0mb`.repeat(100_000)).length).toBeLessThanOrEqual(501);
  });
});
