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

// What XTrack itself draws with: bold, dim, the sixteen colours and their ends. Hidden, blinking and reversed text is nobody's.
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const OWN_COLOUR = /(\u001b\[(?:[0-2]|2[2-4]|[34][0-9]|9[0-7])m)/;
/** Of what remains: the ends of lines and tabs are meant. */
const SHOWN_UNSAFE = new RegExp(UNSAFE.source, 'gu');

/** Text as the last thing before a stream: lines, tabs and our own colours stay, every other control character and whatever reorders or hides text is shown for what it is. */
export function harmless(text: string, colours = true): string {
  if (!colours) return text.replace(SHOWN_UNSAFE, spelled);
  const parts = text.split(OWN_COLOUR);
  return parts.length === 1
    ? text.replace(SHOWN_UNSAFE, spelled)
    : parts.map((part, at) => (at % 2 === 1 ? part : part.replace(SHOWN_UNSAFE, spelled))).join('');
}

function spelled(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  // Emoji are made with these.
  if (code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return character;
  return code === 0x7f ? '\u2421' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
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
