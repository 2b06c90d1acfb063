// Bytes of one frame's body → one JSON object. Also accepts the bare NaN and Infinity that older Python emitters write.

import { isObject } from '../conform.js';
import type { ErrorCode } from '../errors.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The JSON object in bytes[start, end), or the code that says why it is none. The depth is checked before (frame-scan.ts). */
export function parseFrame(bytes: Uint8Array, start: number, end: number): Record<string, unknown> | ErrorCode {
  let text: string;
  try {
    text = utf8.decode(bytes.subarray(start, end));
  } catch {
    return 'XT_FRAME_UTF8';
  }
  const value = parseJson(text) ?? parseJson(quoteNonFinite(text));
  return isObject(value) ? value : 'XT_FRAME_JSON';
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The text with the bare values NaN, Infinity and -Infinity quoted; undefined when it has none. One pass;
 * strings are left alone, and so is a token that stands where no value can.
 */
function quoteNonFinite(text: string): string | undefined {
  if (!text.includes('NaN') && !text.includes('Infinity')) return undefined;
  let result = '';
  let copied = 0;
  let before = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '"') i = endOfString(text, i);
    else if (':,['.includes(before)) {
      const token = nonFiniteAt(text, i);
      if (token !== undefined) {
        result += `${text.slice(copied, i)}"${token}"`;
        copied = i + token.length;
        i = copied - 1;
      }
    }
    if (!isSpace(char)) before = char;
  }
  return result + text.slice(copied);
}

function nonFiniteAt(text: string, at: number): string | undefined {
  const token = ['NaN', 'Infinity', '-Infinity'].find((candidate) => text.startsWith(candidate, at));
  if (token === undefined) return undefined;
  let after = at + token.length;
  while (isSpace(text[after])) after++;
  return ',]}'.includes(text[after] ?? ' ') ? token : undefined;
}

/** Index of the quote that closes the string opened at `open`, or of the text's end. */
function endOfString(text: string, open: number): number {
  let i = open + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t';
}
