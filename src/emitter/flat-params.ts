// A nested configuration as flat params: each leaf under its path, so that runs can be compared key by key.

import type { JsonValue } from '../protocol/events.js';
import { LIMITS } from '../protocol/limits.js';
import { plainValue } from './plain-value.js';

/**
 * Leaves of a nested object as [the keys above one another, value]; arrays are leaves, and what lies deeper than 16 keys is one leaf.
 * At most 10,000 leaves. An empty object is a leaf, so that nothing of a configuration is silently absent.
 */
export function flatParams(params: unknown): [readonly string[], JsonValue][] {
  const leaves: [readonly string[], JsonValue][] = [];
  collect([], plainValue(params), leaves);
  return leaves;
}

function collect(path: readonly string[], value: JsonValue, leaves: [readonly string[], JsonValue][]): void {
  if (leaves.length >= LIMITS.entries) return;
  if (!isRecord(value) || path.length >= LIMITS.parts) {
    if (path.length > 0) leaves.push([path, value]);
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0 && path.length > 0) leaves.push([path, value]);
  for (const [key, inner] of entries) collect([...path, key], inner, leaves);
}

function isRecord(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
