// The bytes of an artifact, wherever they are (in its event, or in a file that may be served): the id that they are asked for by, and the
// range of them that is asked for.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Artifact, EventBase } from '../../../protocol/events.js';
import type { ArtifactRoots, OpenedFile } from './roots.js';

/** Closed by whoever opened it. */
export interface ArtifactContent {
  /** Bytes. */
  readonly size: number;
  /** Changes with the bytes. */
  readonly tag: string;
  /** Bytes [from, to), fewer where it ends before. */
  read(from: number, to: number): Promise<Uint8Array>;
  /** Bytes [from, to) as they are asked for. The content is closed when the stream is. */
  stream(from: number, to: number): Readable;
  close(): Promise<void>;
}

/** Undefined: only the place of its bytes is known here. */
export async function openContent({ upload, content, path }: Artifact, roots: ArtifactRoots): Promise<ArtifactContent | undefined> {
  if (upload === 'inline' && content !== undefined) return new HeldContent(Buffer.from(content, 'base64'));
  if (upload !== 'reference') return undefined;
  const file = await roots.open(path);
  return file === undefined ? undefined : new FileContent(file);
}

class HeldContent implements ArtifactContent {
  readonly size: number;
  readonly tag: string;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.size = bytes.length;
    this.tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 27);
  }

  async read(from: number, to: number): Promise<Uint8Array> {
    return this.#bytes.subarray(from, to);
  }

  stream(from: number, to: number): Readable {
    return Readable.from([this.#bytes.subarray(from, to)], { objectMode: false });
  }

  async close(): Promise<void> {}
}

class FileContent implements ArtifactContent {
  readonly size: number;
  readonly tag: string;
  readonly #file: OpenedFile;

  constructor(file: OpenedFile) {
    this.#file = file;
    this.size = file.size;
    this.tag = `${file.size.toString(36)}-${Math.round(file.changed).toString(36)}`;
  }

  async read(from: number, to: number): Promise<Uint8Array> {
    const bytes = Buffer.alloc(Math.max(0, Math.min(to, this.size) - from));
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await this.#file.handle.read(bytes, length, bytes.length - length, from + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  }

  stream(from: number, to: number): Readable {
    if (to <= from) {
      void this.close();
      return Readable.from([], { objectMode: false });
    }
    return this.#file.handle.createReadStream({ start: from, end: to - 1, autoClose: true });
  }

  async close(): Promise<void> {
    await this.#file.handle.close();
  }
}

/** A part of a file, as a request asks for it (RFC 9110, section 14). */
export interface ByteRange {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** Null: the whole; 'none': nothing of what is asked for is there. Several ranges at once count as the whole, as a server may say. */
export function readRange(header: string | undefined, size: number): ByteRange | 'none' | null {
  const [, first, last] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  if (first === '') {
    const length = Number(last);
    return length === 0 || size === 0 ? 'none' : { from: Math.max(0, size - length), to: size };
  }
  const from = Number(first);
  const to = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < from) return null;
  return from >= size ? 'none' : { from, to };
}

/**
 * The id of an artifact or a checkpoint: made by the server, so that nothing a worker named is ever looked up by its name.
 * `place`: in the order recorded, from 0. The rest tells whether what lies there is still the same.
 */
export function entryId(place: number, { runId, worker, incarnation, seq }: EventBase): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([runId, worker, incarnation, seq]))
    .digest('hex');
  return `${place}-${digest.slice(0, 16)}`;
}

/** The place that an id names; undefined: it is none. */
export function placeIn(id: string): number | undefined {
  const [, place] = /^(0|[1-9][0-9]{0,8})-[0-9a-f]{16}$/.exec(id) ?? [];
  return place === undefined ? undefined : Number(place);
}
