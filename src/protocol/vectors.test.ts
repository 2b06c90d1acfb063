// Runs every conformance vector: whole, chunk by chunk as written, and byte by byte.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/schema';
import { describe, expect, test } from 'vitest';
import { CollectorMessageDecoder } from './collector-decoder.js';
import type { CollectorMessage } from './collector-messages.js';
import { FrameDecoder } from './decoder.js';
import { encodeCollectorMessage, eventJson } from './encode.js';
import type { XTrackError } from './errors.js';
import { HEADER_BYTES } from './limits.js';

interface Skipped {
  kind: 'skipped';
  code: string;
  offset: number;
  length: number;
}
interface Refused {
  kind: 'refused';
  code: string;
  field?: string;
  seq?: number;
}
interface Message {
  kind: 'message';
  envelope: unknown;
  warnings?: { code: string; field: string }[];
}
type Outcome = Message | Refused | Skipped;

interface Case {
  id: string;
  description: string;
  mode: 'recover' | 'socket';
  max_frame?: number;
  chunks: string[];
  expect: Outcome[];
}
interface VectorFile {
  description: string;
  direction: 'worker' | 'collector';
  cases: Case[];
}

const folder = fileURLToPath(new URL('../../conformance/vectors/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'vector.schema.json');
const read = (name: string): unknown => JSON.parse(readFileSync(folder + name, 'utf8'));

/** `0` and `-0` are the same in a vector. */
const plain = (text: string): unknown => JSON.parse(text, (_key, value) => (value === 0 ? 0 : value));

function decodeWorker(vector: Case, chunks: readonly Uint8Array[]): Outcome[] {
  const seen: Outcome[] = [];
  const decoder = new FrameDecoder(
    {
      message(message, _bytes, _start, _end, warnings) {
        const listed = warnings?.map(({ code, field }) => ({ code, field }));
        seen.push({ kind: 'message', envelope: plain(eventJson(message)), ...(listed ? { warnings: listed } : {}) });
      },
      refused: (error, { seq }) => seen.push(refusal(error, seq)),
      skipped: (error, offset, bytes) => addSkipped(seen, { kind: 'skipped', code: error.code, offset, length: bytes.length }),
    },
    { mode: vector.mode, ...(vector.max_frame === undefined ? {} : { maxFrame: vector.max_frame }) },
  );
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return seen;
}

function decodeCollector(chunks: readonly Uint8Array[]): Outcome[] {
  const seen: Outcome[] = [];
  const envelope = (message: CollectorMessage) => plain(new TextDecoder().decode(encodeCollectorMessage(message).subarray(HEADER_BYTES)));
  const decoder = new CollectorMessageDecoder(
    (message) => seen.push({ kind: 'message', envelope: envelope(message) }),
    (error) => seen.push(refusal(error, 0)),
  );
  for (const chunk of chunks) decoder.push(chunk);
  return seen;
}

function refusal(error: XTrackError, seq: number | undefined): Refused {
  return {
    kind: 'refused',
    code: error.code,
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(seq === undefined ? {} : { seq }),
  };
}

function addSkipped(seen: Outcome[], piece: Skipped): void {
  const last = seen.at(-1);
  if (last?.kind === 'skipped' && last.code === piece.code && last.offset + last.length === piece.offset) last.length += piece.length;
  else seen.push(piece);
}

const schema = Compile(read('vector.schema.json') as object);

describe.each(names)('%s', (name) => {
  const file = read(name) as VectorFile;

  test('is a valid vector file, its ids unique', () => {
    expect(schema.Errors(file)).toEqual([true, []]);
    expect(new Set(file.cases.map(({ id }) => id)).size).toBe(file.cases.length);
  });

  test.each(file.cases)('$id: $description', (vector) => {
    const chunks = vector.chunks.map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
    const whole = new Uint8Array(Buffer.concat(chunks));
    const bytes = Array.from(whole, (_byte, index) => whole.subarray(index, index + 1));
    for (const cut of [chunks, [whole], bytes]) {
      expect(file.direction === 'worker' ? decodeWorker(vector, cut) : decodeCollector(cut)).toEqual(vector.expect);
    }
  });
});

test('every vector file is built from its cases', async () => {
  const { buildVectors } = (await import(new URL('../../conformance/build-vectors.mjs', import.meta.url).href)) as {
    buildVectors(): Promise<[string, string][]>;
  };
  const built = await buildVectors();
  expect(built.map(([name]) => name)).toEqual(names.toSorted());
  for (const [name, text] of built) expect(readFileSync(folder + name, 'utf8')).toBe(text);
});
