// JSON text for rows, exact for every number: JSON has no NaN, no Infinity and no -0, and records can hold them.

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
