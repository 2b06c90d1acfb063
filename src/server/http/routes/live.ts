// The live stream over HTTP: server-sent events.

import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import { type Caller, callerOf } from '../access/caller.js';
import type { LiveFilter } from '../live/batch.js';
import { type Call, type Route, route } from '../route.js';
import type { Services } from '../services.js';

/** Runs that one stream may name; for more, it asks for all. */
const MAX_RUNS = 200;
const MAX_TYPES = 32;

const query = Type.Object({
  runs: Type.Optional(Type.String({ description: `Only these runs: ids, divided by commas; at most ${MAX_RUNS}.` })),
  experiment: Type.Optional(Type.String({ description: 'Only runs of this experiment.' })),
  types: Type.Optional(
    Type.String({ description: 'Only items of these types: types of events, run_changed, command_changed, run_deleted, run_touched.' }),
  ),
  lastEventId: Type.Optional(Type.String({ description: 'Go on behind this message, as the header Last-Event-ID says too.' })),
});

interface Query {
  readonly runs?: string;
  readonly experiment?: string;
  readonly types?: string;
  readonly lastEventId?: string;
}

export const liveRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/events',
    summary: 'What happens, as it happens: server-sent events',
    chapter: 'live',
    // Whoever has no key still hears of public runs, as their pages may be seen.
    access: { scope: 'none', of: 'listed' },
    query,
    answer: { media: ['text/event-stream'] },
    errors: ['XT_BUSY', 'XT_ARGUMENT'],
    handle: stream,
  }),
];

function stream({ services, principal, query, request, reply }: Call<unknown, Query, unknown>): void {
  const { live } = services;
  const known = callerOf(request);
  const filter: LiveFilter = {
    principal,
    ...(query.runs !== undefined && { runs: listOf('runs', query.runs, MAX_RUNS) }),
    ...(query.types !== undefined && { types: listOf('types', query.types, MAX_TYPES) }),
    ...(query.experiment !== undefined && { experiment: query.experiment }),
    ...(known.shown !== undefined && { shown: known.shown }),
  };
  const caller = known.by === 'nothing' || known.by === 'link' ? `address ${request.ip}` : `${known.by} ${known.keyId ?? principal.name}`;
  live.admit(caller);
  // The socket is ours from here on: it is written to at the pace at which it is read.
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that gather answers would hold it back.
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  // The header is the newer one: a browser that connects again by itself asks with the address that it was first given.
  const lastId = headerText(request.headers['last-event-id']) ?? query.lastEventId;
  const remove = live.add({ socket: raw, filter, caller, isInForce: () => isInForce(known, request, services) }, lastId);
  raw.once('close', remove);
}

/** A stream ends with the key, the session or the link that opened it. */
function isInForce({ by, keyId, shown }: Caller, { headers }: FastifyRequest, { keys, embeds }: Services): boolean {
  if (by === 'link') return embeds.runOf((headers.authorization ?? '').replace(/^bearer +/i, '').trim()) === shown;
  return keyId === undefined || keys.holderOfId(keyId) !== undefined;
}

function listOf(field: string, text: string, most: number): ReadonlySet<string> {
  const names = new Set(text.split(',').filter((name) => name !== ''));
  if (names.size === 0 || names.size > most) throw new XTrackError('XT_ARGUMENT', { detail: `${field} takes 1 to ${most} names`, field });
  return names;
}

function headerText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
