// Strings of workers may hold anything JSON can carry, lone surrogates and NUL included; databases store UTF-8. And records may hold
// numbers that JSON lacks: NaN, Infinity, -0. Here lie the one reversible form of either, and the one order of text of every backend.

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

/** A leading blank marks the form in which numbers outside JSON stand as strings (and strings starting with `~` are doubled). */
const MARK = ' ';

/** The value as valid JSON text, whatever numbers it holds. At most as deep as the wire allows (64 levels). */
export function encodeJson(value: unknown): string {
  return holdsOddNumber(value) ? MARK + JSON.stringify(value, escapeOdd) : JSON.stringify(value);
}

/** Undoes `encodeJson`. */
export function decodeJson<T>(text: string): T {
  const value: unknown = JSON.parse(text);
  return (text.startsWith(MARK) ? restoreOdd(value) : value) as T;
}

function isOdd(value: number): boolean {
  return !Number.isFinite(value) || Object.is(value, -0);
}

function holdsOddNumber(value: unknown): boolean {
  if (typeof value === 'number') return isOdd(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsOddNumber);
  for (const key in value) {
    if (holdsOddNumber((value as Record<string, unknown>)[key])) return true;
  }
  return false;
}

function escapeOdd(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && isOdd(value)) return Object.is(value, -0) ? '~-0' : `~${value}`;
  return typeof value === 'string' && value.startsWith('~') ? `~${value}` : value;
}

function restoreOdd(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith('~')) return value[1] === '~' ? value.slice(1) : Number(value.slice(1));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(restoreOdd);
  // Object.fromEntries defines own properties: a key such as `__proto__` stays data.
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, restoreOdd(inner)]));
}
