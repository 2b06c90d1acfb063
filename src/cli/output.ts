// How the CLI speaks: results on stdout, remarks and errors on stderr, nothing unsafe on a terminal.

import { once } from 'node:events';
import type { WriteStream } from 'node:tty';
import type { XTrackError } from '../protocol/errors.js';
import { errorDetail } from '../server/control/wire.js';
import { harmless, plainText } from './terminal/text.js';

type Output = NodeJS.WriteStream | WriteStream;

/** Width of stdout in cells; without end in a pipe, where a script wants whole lines. */
export function outputWidth(): number {
  return process.stdout.isTTY ? Math.max(1, process.stdout.columns || 80) : Number.POSITIVE_INFINITY;
}

// Everything that the CLI writes goes through here, and names, tags, logs and paths come from strangers: text is harmless whatever
// was forgotten before, on a terminal and in a pipe, since what is piped is shown later. A test keeps other files from writing by themselves.

/** Writes text, harmless, and waits while the reader is slow. */
export async function write(text: string, stream: Output = process.stdout): Promise<void> {
  await writeAll(harmless(text), stream);
}

/** Writes data that is read by a program: exact in a pipe, harmless on a terminal. */
export async function writeData(bytes: Uint8Array): Promise<void> {
  await writeAll(process.stdout.isTTY ? harmless(Buffer.from(bytes).toString(), false) : bytes, process.stdout);
}

/** A line on stderr, at once. */
export function tell(text: string): void {
  process.stderr.write(`${harmless(text)}\n`);
}

async function writeAll(text: string | Uint8Array, stream: Output): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain').catch(() => undefined);
}

/** Writes lines to stdout. */
export async function print(...lines: string[]): Promise<void> {
  for (const line of lines) await write(`${line}\n`);
}

/** One remark of XTrack itself, on stderr, so that stdout stays the result's. */
export function remark(text: string): void {
  tell(`xtrack: ${plainText(text)}`);
}

/** A line of a script, for one of our streams: harmless on a terminal, untouched in a pipe. */
export function forStream(text: string, stream: Output): string {
  return stream.isTTY ? plainText(text) : text;
}

// DEL, C1, and what reorders or hides text: JSON may hold them as they are, and means the same with them escaped.
const JSON_UNSAFE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** JSON that a script reads: Maps as objects, NaN and the infinities as the protocol's strings, nothing in it that a terminal would obey. */
export function toJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, (_key, member: unknown) => jsonValue(member), indent);
  return json?.replace(JSON_UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function jsonValue(value: unknown): unknown {
  // fromEntries defines own properties: a key such as __proto__ stays data.
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** One JSON value: indented for eyes, on one line for a pipe. */
export async function printJson(value: unknown): Promise<void> {
  await print(toJson(value, process.stdout.isTTY ? 2 : undefined));
}

/** A JSON array, one item a line, written as the items come. */
export async function printJsonArray(items: Iterable<unknown>): Promise<void> {
  let pending = '[';
  let first = true;
  for (const item of items) {
    pending += `${first ? '' : ',\n'}${toJson(item)}`;
    first = false;
    if (pending.length > 65_536) {
      await write(pending);
      pending = '';
    }
  }
  await write(`${pending}]\n`);
}

/** Says what went wrong: `xtrack: CODE: message; remedy`, or with `json` one line `{"error":{code,message,field,remedy}}`. */
export function printError(error: XTrackError, json: boolean): void {
  const { code, field = null, remedy } = error;
  if (!json) remark(error.message);
  else tell(toJson({ error: { code, message: errorDetail(error), field, remedy } }));
}

/** A reader that closes its end (`| head`) ends the command quietly. */
export function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', exitQuietly);
}

/** From now on a closed pipe or terminal loses output and nothing else: a training is worth more than its screen. */
export function outliveClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.off('error', exitQuietly);
    stream.on('error', () => undefined);
  }
}

function exitQuietly(): never {
  process.exit(0);
}
