// A run as a file: tables as CSV, JSON lines or Parquet, or its event log, byte for byte as it came.

import { Readable } from 'node:stream';
import Type, { type Static } from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import type { Run } from '../../../query/run.js';
import { disposition, safeFileName } from '../answers/file-name.js';
import type { ControlPlane } from '../control-plane.js';
import { type Route, route } from '../route.js';
import { runParams } from '../schemas.js';

const TYPES = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  xtrack: 'application/octet-stream',
} as const;

const Query = Type.Object({
  what: Type.Optional(Type.Enum(['metrics', 'params', 'tags', 'logs'], { description: 'not for xtrack, which has all of it' })),
  format: Type.Enum(['csv', 'jsonl', 'parquet', 'xtrack']),
  key: Type.Optional(Type.String({ maxLength: 512, description: 'of metrics: this one alone' })),
});

export const exportRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/runs/:runId/export',
    summary: 'A run as a file: a table, or its event log',
    chapter: 'export',
    access: { scope: 'view', of: 'run' },
    params: runParams,
    query: Query,
    answer: { media: ['text/csv', 'application/x-ndjson', 'application/vnd.apache.parquet', 'application/octet-stream'] },
    errors: ['XT_ARGUMENT'],
    handle({ xtrack, run, query, reply }) {
      const { what, format } = query;
      const name = safeFileName([run.name ?? run.runId, ...(format === 'xtrack' ? [] : [what])].join('-'), 'run');
      reply.type(TYPES[format]).header('content-disposition', disposition('attachment', `${name}.${format}`));
      // Pulled as fast as the client reads, no faster.
      return reply.send(Readable.from(bytesOf(xtrack, run, query), { objectMode: false }));
    },
  }),
];

/** Throws XT_ARGUMENT. */
function bytesOf(xtrack: ControlPlane, run: Run, { what, format, key }: Static<typeof Query>): AsyncIterable<Uint8Array> {
  if (format === 'xtrack') return xtrack.exportRun(run);
  if (what === undefined) throw new XTrackError('XT_ARGUMENT', { detail: 'say what of the run is to be exported', field: 'what' });
  return xtrack.exportTable({ runId: run.runId }, { what, format, ...(key !== undefined && { keys: [key] }) });
}
