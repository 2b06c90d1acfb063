// Turns whatever a training script holds into plain JSON of bounded depth and size, and never throws.

import { inspect } from 'node:util';
import type { JsonValue } from '../protocol/events.js';
import { LIMITS } from '../protocol/limits.js';

/** Levels of nesting that are kept: the envelope and a collector's own wrapping use some of the wire's 64. */
const DEPTH = 48;
/** Values in one converted object, so that a huge tensor does not become one huge frame. */
const VALUES = 50_000;
/** UTF-16 units of one string; the frame limit is 1 MiB and a unit can take 3 bytes. */
const TEXT = 256 * 1024;
const MAX_TAGS = 200;
/** Bytes of a tag's value. */
const MAX_TAG = 4096;

interface Budget {
  left: number;
  /** Objects between the root and here: one that meets itself again is cyclic. */
  readonly path: Set<object>;
}

/**
 * JSON for any value. NaN and infinities become `"NaN"`, `"Infinity"`, `"-Infinity"`; bigints beyond 2^53 decimal strings; dates
 * ISO strings; Maps objects; Sets and typed arrays arrays; errors their text; functions, symbols, cycles and too deep parts what `inspect` shows.
 */
export function plainValue(value: unknown): JsonValue {
  return convert(value, DEPTH, { left: VALUES, path: new Set() });
}

/** A finite or non-finite number out of a number, bigint, boolean, decimal string or one-element tensor-like; undefined when there is none. */
export function plainNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (typeof value === 'string') return numberFromText(value);
  if (typeof value !== 'object' || value === null) return undefined;
  return numberFromObject(value);
}

/** A key, name or label: text of 1 to 512 bytes, cut where it is longer; undefined when empty. */
export function plainLabel(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : String(plainValue(value));
  return text === '' ? undefined : cutBytes(text, LIMITS.label);
}

/** Cuts to a number of UTF-8 bytes without halving a character. */
export function cutBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}

function convert(value: unknown, depth: number, budget: Budget): JsonValue {
  budget.left -= 1;
  switch (typeof value) {
    case 'string':
      return value.length <= TEXT ? value : `${value.slice(0, TEXT)}… [cut, ${value.length} characters]`;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case 'boolean':
      return value;
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : convertObject(value, depth, budget);
    default:
      return describe(value);
  }
}

function convertObject(value: object, depth: number, budget: Budget): JsonValue {
  if (depth <= 0 || budget.left <= 0 || budget.path.has(value)) return describe(value);
  budget.path.add(value);
  try {
    return convertMembers(value, depth - 1, budget);
  } catch {
    // A throwing getter, proxy or toJSON.
    return '[unreadable]';
  } finally {
    budget.path.delete(value);
  }
}

function convertMembers(value: object, depth: number, budget: Budget): JsonValue {
  if (Array.isArray(value)) return convertItems(value, depth, budget);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Map) return convertEntries(value, depth, budget);
  if (value instanceof Set) return convertItems(value, depth, budget);
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return convertItems(value as unknown as Iterable<unknown>, depth, budget);
  if ('toJSON' in value && typeof value.toJSON === 'function') return convert(value.toJSON(), depth, budget);
  return convertEntries(Object.entries(value), depth, budget);
}

function convertItems(items: Iterable<unknown>, depth: number, budget: Budget): JsonValue {
  const plain: JsonValue[] = [];
  for (const item of items) {
    if (budget.left <= 0) {
      plain.push('… [cut]');
      break;
    }
    plain.push(convert(item, depth, budget));
  }
  return plain;
}

function convertEntries(entries: Iterable<readonly [unknown, unknown]>, depth: number, budget: Budget): JsonValue {
  // Object.fromEntries defines own properties, so a key such as `__proto__` stays data.
  const plain: [string, JsonValue][] = [];
  for (const [key, value] of entries) {
    if (budget.left <= 0) {
      plain.push(['…', '[cut]']);
      break;
    }
    if (value !== undefined) plain.push([typeof key === 'string' ? key : describe(key), convert(value, depth, budget)]);
  }
  return Object.fromEntries(plain);
}

function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  try {
    return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 8 }).slice(0, 400);
  } catch {
    return '[unreadable]';
  }
}

function numberFromText(text: string): number | undefined {
  if (text.trim() === '') return undefined;
  if (text.trim().toLowerCase() === 'nan') return Number.NaN;
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
}

/** Number objects, typed arrays of one element, and tensors of one element with `dataSync` (TensorFlow.js) or `item`. */
function numberFromObject(value: object): number | undefined {
  try {
    if (ArrayBuffer.isView(value) || Array.isArray(value)) {
      const items = [...(value as unknown as Iterable<unknown>)];
      return items.length === 1 && typeof items[0] !== 'object' ? plainNumber(items[0]) : undefined;
    }
    if ('dataSync' in value && typeof value.dataSync === 'function') return plainNumber(value.dataSync());
    if ('item' in value && typeof value.item === 'function') return plainNumber(value.item());
    const primitive: unknown = value.valueOf();
    return typeof primitive === 'object' ? undefined : plainNumber(primitive);
  } catch {
    return undefined;
  }
}

/** Tags as the wire carries them: text by text, at most 200. */
export function plainTags(tags: Readonly<Record<string, unknown>>): Record<string, string> {
  const pairs = Object.entries(tags).slice(0, MAX_TAGS);
  return Object.fromEntries(pairs.map(([key, value]) => [cutBytes(key, LIMITS.label) || '(empty)', cutBytes(String(value), MAX_TAG)]));
}
