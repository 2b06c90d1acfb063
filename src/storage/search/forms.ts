// The two forms in which params and tags are compared: made here alone, kept as columns, so that every backend sees the same.

import type { JsonValue } from '../../protocol/events.js';
import { encodeJson, encodeText } from '../text.js';

/** Longest text that is compared, in UTF-16 units; the rest of a longer one does not count. */
const MAX_TEXT = 4_096;
/** A text that spells a number compares as one too: many sources log every param as text. */
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const ODD: ReadonlyMap<string, number> = new Map([
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

export interface Forms {
  readonly number: number | null;
  /** As stored (see text.ts); null for null alone. */
  readonly text: string | null;
  /** The text in lower case; null where that is the text itself. */
  readonly folded: string | null;
}

export function formsOf(value: JsonValue): Forms {
  if (value === null) return { number: null, text: null, folded: null };
  const whole = typeof value === 'string' ? value : spelling(value);
  const raw = whole.length > MAX_TEXT ? whole.slice(0, MAX_TEXT) : whole;
  const text = encodeText(raw);
  const folded = encodeText(raw.toLowerCase());
  return { number: numberFormOf(value), text, folded: folded === text ? null : folded };
}

function spelling(value: JsonValue): string {
  return typeof value === 'number' ? String(value) : encodeJson(value).trimStart();
}

function numberFormOf(value: JsonValue): number | null {
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (typeof value !== 'string') return null;
  if (value.length <= MAX_TEXT && NUMBER.test(value)) return Number(value);
  return ODD.get(value) ?? null;
}

/** Lower case of ASCII letters, as `lower()` of the databases. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** How a part of a text stands within the stored form of the whole. */
export function insideStored(part: string): string {
  return encodeText(part) === part ? part : JSON.stringify(part).slice(1, -1);
}
