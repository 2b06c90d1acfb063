// What may safely reach a terminal, and how many cells it takes there: names, tags and logs come from strangers.

import { stripVTControlCharacters } from 'node:util';

/** Longest text that is measured or shown, in UTF-16 units; what follows could not be seen on a screen anyway. */
const MAX_LENGTH = 16_384;

// C0, DEL and C1; line and paragraph separators; marks that reorder or hide text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Variation_Selector}]/gu;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])$/u;
const ASCII = /^[\u0020-\u007e]*$/;

/** One line of harmless text: escape sequences and control characters are gone, tabs and line breaks are spaces. */
export function plainText(text: string): string {
  if (ASCII.test(text)) return text.slice(0, MAX_LENGTH);
  return stripVTControlCharacters(text.slice(0, MAX_LENGTH))
    .replace(/[\t\n]/g, ' ')
    .replace(UNSAFE, '');
}

/** The lines that a terminal would show of captured output: a bar redrawn with carriage returns counts once. */
export function visibleLines(text: string): string[] {
  return text
    .slice(0, MAX_LENGTH)
    .split('\n')
    .map((line) => plainText(afterLastReturn(line)));
}

function afterLastReturn(line: string): string {
  const drawn = line.split('\r').filter((part) => part !== '');
  return drawn.at(-1) ?? '';
}

function cellWidth(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Terminal cells that text without control characters takes; colour sequences count nothing. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += cellWidth(character);
  return width;
}

/** At most `width` cells of uncoloured text, with an ellipsis where something is cut off. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return '';
  return `${takeCells(text, width - 1)}…`;
}

function takeCells(text: string, width: number): string {
  let used = 0;
  let taken = '';
  for (const character of text) {
    used += cellWidth(character);
    if (used > width) break;
    taken += character;
  }
  return taken;
}

/** Text of exactly `width` cells: cut or filled with spaces; `end` aligns to the right. */
export function pad(text: string, width: number, align: 'start' | 'end' = 'start'): string {
  const cut = clip(text, width);
  const filling = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return align === 'start' ? cut + filling : filling + cut;
}

/** Breaks uncoloured text into pieces of at most `width` cells, so that the terminal never wraps by itself. */
export function wrap(text: string, width: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (textWidth(rest) > width) {
    const piece = takeCells(rest, width) || [...rest].slice(0, 1).join('');
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  pieces.push(rest);
  return pieces;
}
