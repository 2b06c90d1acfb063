// How bodies are read. JSON: bounded in size and depth, without a way to the prototype of anything. Large ones, a few at a
// time: what waits is held back in its socket, so that memory stays bounded whatever is sent. Clients take turns, and one that sends slowly
// gives up its place when others wait.

import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { XTrackError } from '../../protocol/errors.js';
import { LIMITS } from '../../protocol/limits.js';

/** Bytes of one body. */
export const MAX_BODY = 16 * 1024 * 1024;
/** Bodies that are in memory at once, and those of one client. */
const MAX_AT_ONCE = 8;
const MAX_OF_ONE = 4;
/** Bodies that may wait for that, and those of one client; more are sent away. */
const MAX_WAITING = 512;
const MAX_WAITING_OF_ONE = 64;
/** While others wait a body must come at this rate (bytes a ms, so about 64 KB a second), from so long (ms) after its turn on. */
const LEAST_RATE = 64;
const GRACE_MS = 1_000;
const CHECK_MS = 200;

/** One that has its turn. */
interface Reading {
  readonly client: string;
  since: number;
  size: number;
  /** Ends its turn; undefined once it is there whole. */
  dismiss: ((error: XTrackError) => void) | undefined;
}

export class BodyReader {
  private readonly readings = new Set<Reading>();
  /** Whose turn is next comes first. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * Reads the body of a client and hands it to `use`; another one takes its place when that is done.
   * Errors: XT_BODY_TOO_LARGE, XT_BODY, XT_BUSY; XT_TIMEOUT where it came too slowly while others waited.
   */
  async read<Result>(stream: Readable, client: string, use: (body: Buffer) => Promise<Result>): Promise<Result> {
    const reading: Reading = { client, since: 0, size: 0, dismiss: undefined };
    await this.turn(reading);
    try {
      return await use(await readAll(stream, reading));
    } finally {
      this.readings.delete(reading);
      this.next();
    }
  }

  private async turn(reading: Reading): Promise<void> {
    const { client } = reading;
    const before = this.waiting.get(client) ?? [];
    const all = [...this.waiting.values()].reduce((sum, { length }) => sum + length, 0);
    if (before.length >= MAX_WAITING_OF_ONE || all >= MAX_WAITING)
      throw new XTrackError('XT_BUSY', { detail: 'too many bodies are being read' });
    if (before.length === 0 && this.hasRoom(client)) return this.start(reading);
    this.timer ??= setInterval(() => this.dismissSlow(performance.now()), CHECK_MS).unref();
    await new Promise<void>((resolve) => {
      const begin = (): void => {
        this.start(reading);
        resolve();
      };
      this.waiting.set(client, [...before, begin]);
    });
  }

  private start(reading: Reading): void {
    reading.since = performance.now();
    this.readings.add(reading);
  }

  private hasRoom(client: string): boolean {
    const own = [...this.readings].filter((reading) => reading.client === client).length;
    return this.readings.size < MAX_AT_ONCE && own < MAX_OF_ONE;
  }

  /** The first client in turn that may have one more; it is the last in turn afterwards. */
  private next(): void {
    for (const [client, [first, ...rest]] of this.waiting) {
      if (first === undefined || !this.hasRoom(client)) continue;
      this.waiting.delete(client);
      if (rest.length > 0) this.waiting.set(client, rest);
      first();
      break;
    }
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private dismissSlow(now: number): void {
    for (const { since, size, dismiss } of this.readings) {
      const due = now - since - GRACE_MS;
      if (due > 0 && size < due * LEAST_RATE)
        dismiss?.(new XTrackError('XT_TIMEOUT', { detail: 'the body came too slowly while others waited; send it again' }));
    }
  }
}

function readAll(stream: Readable, reading: Reading): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const settle = (error?: XTrackError): void => {
      reading.dismiss = undefined;
      stream.off('data', take).off('end', end).off('close', cut).pause();
      if (error === undefined) resolve(Buffer.concat(chunks));
      else reject(error);
    };
    const take = (chunk: Buffer): void => {
      reading.size += chunk.length;
      if (reading.size > MAX_BODY) settle(tooLarge());
      else chunks.push(chunk);
    };
    const end = (): void => settle();
    const cut = (): void => settle(new XTrackError('XT_BODY', { detail: 'the body ended before it was whole' }));
    reading.dismiss = settle;
    // Stays: what breaks afterwards is nobody's concern.
    stream.on('error', cut);
    stream.on('data', take).on('end', end).on('close', cut);
    if (stream.destroyed) cut();
  });
}

export function tooLarge(): XTrackError {
  return new XTrackError('XT_BODY_TOO_LARGE', { detail: `a body has at most ${MAX_BODY} bytes` });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** True where the JSON nests deeper than `most` levels; decided on the bytes, since parsing it would be what must not happen. */
export function nestsDeeper(bytes: Uint8Array, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length && depth <= most; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return depth > most;
}

function endOfString(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** Replaces every way in which the application reads a body. */
export function readBodiesSafely(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    // A body of no bytes is none, whatever its type is said to be.
    if (body.length === 0) return done(null, undefined);
    if (nestsDeeper(body, LIMITS.depth)) return done(new XTrackError('XT_BODY', { detail: `it nests deeper than ${LIMITS.depth} levels` }));
    return parseJson(request, body.toString('utf8'), done);
  });
}
