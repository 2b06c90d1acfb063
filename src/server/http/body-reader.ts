// Large bodies, a few at a time: what waits is held back in its socket, so that memory stays bounded whatever is sent.

import type { Readable } from 'node:stream';
import { XTrackError } from '../../protocol/errors.js';

/** Bytes of one body. */
export const MAX_BODY = 16 * 1024 * 1024;
/** Bodies that are in memory at once. */
const MAX_AT_ONCE = 8;
/** Bodies that may wait for that; more are sent away. */
const MAX_WAITING = 256;

export class BodyReader {
  private active = 0;
  private readonly waiting: (() => void)[] = [];

  /** Reads the body and hands it to `use`; another one takes its place when that is done. Errors: XT_BODY_TOO_LARGE, XT_BODY, XT_BUSY. */
  async read<Result>(stream: Readable, use: (body: Buffer) => Promise<Result>): Promise<Result> {
    if (this.waiting.length >= MAX_WAITING) throw new XTrackError('XT_BUSY', { detail: 'too many bodies are being read' });
    if (this.active >= MAX_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active += 1;
    try {
      return await use(await readAll(stream));
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.active -= 1;
      else next();
    }
  }
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new XTrackError('XT_BODY', { detail: 'the body ended before it was whole', cause });
  }
  if (size > MAX_BODY) throw tooLarge();
  return Buffer.concat(chunks);
}

export function tooLarge(): XTrackError {
  return new XTrackError('XT_BODY_TOO_LARGE', { detail: `a body has at most ${MAX_BODY} bytes` });
}
