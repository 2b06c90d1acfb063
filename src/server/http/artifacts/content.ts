// The bytes of an artifact, wherever they are: in its event, or in a file that may be served.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Artifact } from '../../../protocol/events.js';
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
