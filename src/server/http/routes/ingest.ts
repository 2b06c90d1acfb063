// Events over HTTP, for places where nothing else gets out: frames, or envelopes as JSON.

import type { Readable } from 'node:stream';
import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import { LIMITS } from '../../../protocol/limits.js';
import type { IngestReport } from '../../../transports/recorded/ingest.js';
import { callerOf, clientOf } from '../access/caller.js';
import { allows } from '../access/principal.js';
import { MAX_BODY, nestsDeeper, tooLarge } from '../body-reader.js';
import { type Call, type Route, route } from '../route.js';

const FRAMES = 'application/octet-stream';
const LINES = 'application/x-ndjson';
const JSON_TYPE = 'application/json';

const report = Type.Object({
  accepted: Type.Integer({ description: 'Events that are stored now and were not before.' }),
  duplicates: Type.Integer(),
  refused: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'The how-manieth frame, line or element of the body, from 0.' }),
      code: Type.String(),
      detail: Type.String(),
      field: Type.Union([Type.String(), Type.Null()]),
    }),
    { description: 'The first 1,000.' },
  ),
  refusedCount: Type.Integer(),
  acks: Type.Array(
    Type.Object({
      runId: Type.String(),
      worker: Type.String(),
      incarnation: Type.String(),
      seq: Type.Integer({ description: 'Everything up to here is stored.' }),
    }),
  ),
});

export const ingestRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/events',
    summary: 'Events as a worker writes them; answered once they are stored. Sending them again does no harm',
    chapter: 'ingest',
    access: { scope: 'write', of: 'listed' },
    takes: [FRAMES, LINES, JSON_TYPE],
    bodyLimit: MAX_BODY,
    answer: { schema: report },
    errors: ['XT_BODY', 'XT_BODY_TOO_LARGE', 'XT_BUSY', 'XT_MEDIA_TYPE', 'XT_STORE_WRITE', 'XT_TIMEOUT'],
    handle: ingest,
  }),
];

async function ingest({ xtrack, services, principal, request, reply }: Call<unknown, unknown, unknown>): Promise<IngestReport> {
  // The rest of a body that is refused is not read: its connection ends with the answer.
  reply.header('connection', 'close');
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) throw tooLarge();
  if (request.body === undefined || request.body === null) throw new XTrackError('XT_BODY', { detail: 'there is no body' });
  const mayWrite = (experimentId: string | null): boolean => allows(principal, 'write', experimentId);
  const { keyId } = callerOf(request);
  const claim = keyId === undefined ? {} : services.keys.claimOf(keyId);
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const answer = await services.bodies.read(request.body as Readable, clientOf(request), async (body) =>
    type === FRAMES
      ? await xtrack.ingest(body, { format: 'frames', mayWrite, claim })
      : await xtrack.ingest(type === JSON_TYPE ? linesOf(body) : body, { format: 'lines', mayWrite, claim }),
  );
  reply.removeHeader('connection');
  return answer;
}

/** One envelope, or an array of them, as lines. Throws XT_BODY. */
function linesOf(body: Buffer): Buffer {
  if (nestsDeeper(body, LIMITS.depth + 1)) throw new XTrackError('XT_BODY', { detail: `it nests deeper than ${LIMITS.depth} levels` });
  try {
    const value = JSON.parse(body.toString()) as unknown;
    return Buffer.from((Array.isArray(value) ? value : [value]).map((envelope) => JSON.stringify(envelope)).join('\n'));
  } catch (cause) {
    throw new XTrackError('XT_BODY', { detail: 'the body is not JSON', cause });
  }
}
