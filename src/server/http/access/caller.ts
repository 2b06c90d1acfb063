// Who sent a request, and by what they prove it.

import type { FastifyRequest } from 'fastify';
import { XTrackError } from '../../../protocol/errors.js';
import { EmbedLinks } from '../../embed/links.js';
import type { Services } from '../services.js';
import { ANONYMOUS, type Principal } from './principal.js';

export interface Caller {
  readonly principal: Principal;
  /** `cookie`: a browser sends it by itself, so that a request that changes something needs more. */
  readonly by: 'nothing' | 'key' | 'cookie' | 'link' | 'application';
  /** Of the key, or of the one that the session came from. */
  readonly keyId?: string;
  /** The one run that an embed link shows. */
  readonly shown?: string;
}

/** An application's own sign-in: whoever it knows the request to be from. */
export type Authenticate = (request: FastifyRequest) => Principal | undefined | Promise<Principal | undefined>;

const callers = new WeakMap<FastifyRequest, Caller>();

/** Who sent the request; nobody before it was looked at. */
export function callerOf(request: FastifyRequest): Caller {
  return callers.get(request) ?? { principal: ANONYMOUS, by: 'nothing' };
}

export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** Whose share of what is limited a request takes: its key's, its user's, or of those without its address's. */
export function clientOf(request: FastifyRequest): string {
  const { keyId, by, principal } = callerOf(request);
  if (keyId !== undefined) return `key ${keyId}`;
  return by === 'application' ? `user ${principal.name}` : `address ${request.ip}`;
}

/** Looks at what the request carries. Errors: XT_UNAUTHENTICATED for a key that is none; a session that is over counts as nothing. */
export async function identify(request: FastifyRequest, services: Services, authenticate: Authenticate | undefined): Promise<Caller> {
  const known = await authenticate?.(request);
  if (known !== undefined) return { principal: known, by: 'application' };
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const key = /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
    if (EmbedLinks.looksLikeOne(key)) return guestOf(services.embeds.runOf(key));
    const holder = services.keys.holderOf(key);
    if (holder === undefined) throw new XTrackError('XT_UNAUTHENTICATED', { detail: 'the key is not known, was revoked or has expired' });
    return { ...holder, by: 'key' };
  }
  const cookie = request.cookies[services.sessions.cookie];
  const holder = cookie === undefined ? undefined : services.sessions.holderOf(cookie);
  return holder === undefined ? { principal: ANONYMOUS, by: 'nothing' } : { ...holder, by: 'cookie' };
}

function guestOf(runId: string | undefined): Caller {
  if (runId === undefined)
    throw new XTrackError('XT_UNAUTHENTICATED', { detail: 'the embed link is not one of this server, or has expired' });
  return { principal: { name: 'embed link', grants: [] }, by: 'link', shown: runId };
}
