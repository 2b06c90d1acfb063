// The server itself: its health, what it is, and signing a browser in and out.

import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { packageVersion } from '../../../package/root.js';
import { XTrackError } from '../../../protocol/errors.js';
import { callerOf } from '../access/caller.js';
import { SESSION_LIFE } from '../access/sessions.js';
import { type Route, route } from '../route.js';

const anybody = { scope: 'none', of: 'server' } as const;

const HEALTH = Type.Object({
  status: Type.Enum(['ok', 'degraded']),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'why it is degraded' }),
  version: Type.String(),
});

const cookie = { httpOnly: true, sameSite: 'strict', path: '/' } as const;

/** By ourselves, or by what stands before us, as the browser's page knows. */
function isEncrypted({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || (headers.origin ?? '').startsWith('https:');
}

export const serverRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/health',
    summary: 'Whether the server takes events and answers questions',
    chapter: 'server',
    access: anybody,
    answer: { schema: HEALTH },
    handle({ xtrack, reply }) {
      reply.header('cache-control', 'no-store');
      return { status: xtrack.healthy ? 'ok' : 'degraded', reason: xtrack.trouble, version: packageVersion() };
    },
  }),
  route({
    method: 'GET',
    path: '/info',
    summary: 'What the server is, and what the caller may do',
    chapter: 'server',
    access: { scope: 'view', of: 'listed' },
    answer: {
      schema: Type.Object({
        version: Type.String(),
        store: Type.Enum(['sqlite', 'postgres', 'memory', 'custom'], { description: 'custom: one that the application gave' }),
        principal: Type.Object({
          name: Type.String(),
          grants: Type.Array(
            Type.Object({ scope: Type.Enum(['view', 'write', 'admin']), experiment: Type.Union([Type.String(), Type.Null()]) }),
          ),
        }),
        canSpawn: Type.Boolean({ description: 'POST /runs may start processes' }),
      }),
    },
    handle: ({ xtrack, principal, services }) => ({
      version: packageVersion(),
      store: xtrack.storeKind,
      principal,
      canSpawn: services.allowSpawn,
    }),
  }),
  route({
    method: 'POST',
    path: '/session',
    summary: 'Sign a browser in: a cookie for the key that the request carries as a bearer',
    chapter: 'server',
    access: anybody,
    answer: { status: 204 },
    handle({ request, reply, services }) {
      const { by, keyId } = callerOf(request);
      if (by !== 'key' || keyId === undefined) throw new XTrackError('XT_UNAUTHENTICATED', { detail: 'signing in needs a key as bearer' });
      const secure = isEncrypted(request);
      reply.setCookie(services.sessions.cookie, services.sessions.issue(keyId), { ...cookie, secure, maxAge: SESSION_LIFE });
    },
  }),
  route({
    method: 'DELETE',
    path: '/session',
    summary: 'Sign a browser out',
    chapter: 'server',
    access: anybody,
    answer: { status: 204 },
    handle({ request, reply, services }) {
      reply.clearCookie(services.sessions.cookie, { ...cookie, secure: isEncrypted(request) });
    },
  }),
];
