// Strings of workers may hold anything JSON can carry, lone surrogates and NUL included; databases store UTF-8.
// Here lies the one reversible form for text columns, and the one order of text that every backend shares.

/** Starts a text that is kept as JSON because UTF-8 (or a C string) could not carry it. */
const ESCAPE = '\u0001';

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL and the escape mark are exactly what is looked for
const UNSAFE = /[\u0000\u0001]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** A form of `text` that survives UTF-8 and C strings; different texts stay different. */
export function encodeText(text: string): string {
  return UNSAFE.test(text) ? ESCAPE + JSON.stringify(text) : text;
}

/** Undoes `encodeText`. */
export function decodeText(stored: string): string {
  return stored.startsWith(ESCAPE) ? (JSON.parse(stored.slice(1)) as string) : stored;
}

/** Orders by Unicode code point, as UTF-8 bytes do (and so SQLite's BINARY and PostgreSQL's "C"). */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates (0xD800-0xDFFF) below 0xE000-0xFFFF; by code point they stand above. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
