// Newline-delimited JSON over a socket, with a bound on the length of a line: what the control channel is written in.

import { XTrackError } from '../protocol/errors.js';

/** Longest line in bytes, its newline not counted. */
export const MAX_LINE = 1024 * 1024;

const NEWLINE = 0x0a;

/** Cuts chunks of any size into lines; holds at most `limit` bytes of an unfinished one. */
export class LineReader {
  #parts: Buffer[] = [];
  #pending = 0;
  readonly #limit: number;

  constructor(limit: number = MAX_LINE) {
    this.#limit = limit;
  }

  /** The lines that the chunk completes. Throws XT_FIELD_LIMIT when a line is too long; then the stream cannot go on. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#pending = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#pending += part.length;
    if (this.#pending > this.#limit) throw new XTrackError('XT_FIELD_LIMIT', { detail: `a line is longer than ${this.#limit} bytes` });
    this.#parts.push(part);
  }
}

/** The object on one line. Throws XT_ARGUMENT when it is not a JSON object. */
export function parseLine(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new XTrackError('XT_ARGUMENT', { detail: 'the line is not JSON', cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new XTrackError('XT_ARGUMENT', { detail: 'the line is not a JSON object' });
  }
  return value as Readonly<Record<string, unknown>>;
}

/** One line with its newline. Maps become lists of pairs and non-finite numbers the protocol's strings. */
export function formatLine(value: object): string {
  return `${JSON.stringify(value, (_key, member: unknown) => jsonValue(member))}\n`;
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Map) return [...value];
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
