// How bodies are read: bounded in size and depth, without a way to the prototype of anything.

import type { FastifyInstance } from 'fastify';
import { XTrackError } from '../../protocol/errors.js';
import { LIMITS } from '../../protocol/limits.js';

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
