// What people type into the steering panel, as the payload of a command; or what is wrong with it, in words.

import type { JsonValue } from '../../../src/protocol/events.js';

export type Payload = Readonly<Record<string, JsonValue>>;

/** Either a payload or what is wrong. */
export type Read<Value> = { readonly value: Value; readonly fault: null } | { readonly value: null; readonly fault: string };

/** Bytes; the server refuses more. */
const MOST_BYTES = 64 * 1024;

/** `lr=0.01` lines, or one JSON object. A value that is no JSON is text. */
export function readParams(text: string): Read<Payload> {
  const trimmed = text.trim();
  if (trimmed === '') return fault('Write at least one key=value.');
  if (trimmed.startsWith('{')) return readObject(trimmed);
  const entries: [string, JsonValue][] = [];
  for (const line of trimmed.split('\n').filter((one) => one.trim() !== '')) {
    const at = line.indexOf('=');
    const key = line.slice(0, Math.max(0, at)).trim();
    if (key === '') return fault(`"${line.trim()}" is not key=value.`);
    const { value, fault: wrong } = readValue(line.slice(at + 1).trim());
    if (wrong !== null) return fault(`${key}: ${wrong}`);
    entries.push([key, value]);
  }
  return bounded(Object.fromEntries(entries));
}

/** One JSON object; nothing is `{}`. */
export function readObject(text: string): Read<Payload> {
  if (text.trim() === '') return ok({});
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return bounded(value as Payload);
    return fault('The payload must be a JSON object: {"key": value}.');
  } catch (error) {
    return fault(`This is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

/** A learning rate or a factor of it: finite and above zero. */
export function readRate(text: string, kind: 'lr' | 'factor'): Read<Payload> {
  const value = Number(text.trim().replace(',', '.'));
  const name = kind === 'lr' ? 'learning rate' : 'factor';
  if (text.trim() === '' || !Number.isFinite(value))
    return fault(`The ${name} must be a number, such as ${kind === 'lr' ? '3e-4' : '0.5'}.`);
  if (value < 0 || (kind === 'factor' && value === 0)) return fault(`The ${name} must be above zero.`);
  return ok({ [kind]: value });
}

function readValue(text: string): Read<JsonValue> {
  if (text === '') return fault('the value is missing.');
  try {
    return ok(JSON.parse(text) as JsonValue);
  } catch {
    // Something that was meant as JSON and is broken is not taken for text.
    return /^["[{]/.test(text) ? fault(`${text} is neither JSON nor plain text.`) : ok(text);
  }
}

function bounded(value: Payload): Read<Payload> {
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  return bytes <= MOST_BYTES ? ok(value) : fault(`The payload has ${bytes} bytes, ${MOST_BYTES} are allowed.`);
}

function ok<Value>(value: Value): Read<Value> {
  return { value, fault: null };
}

function fault(words: string): { value: null; fault: string } {
  return { value: null, fault: words };
}
