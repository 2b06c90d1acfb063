// Which requests a browser may have been tricked into: wrong host names (DNS rebinding), other sites, forms.

import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { XTrackError } from '../../../protocol/errors.js';
import type { Caller } from './caller.js';

export interface AllowedSites {
  /** Host names beyond loopback that the server answers to: `tracker.example`, `tracker.example:8443`. */
  readonly hosts: readonly string[];
  /** Other sites whose pages may ask: `https://lab.example`. None gets to read an answer: there are no CORS headers. */
  readonly origins: readonly string[];
}

/** Throws XT_HOST, XT_ORIGIN. For every request, whoever sends it. */
export function checkSite(request: FastifyRequest, allowed: AllowedSites): void {
  // The name that a browser used: a proxy that is trusted says it.
  const host = (request.host ?? '').toLowerCase();
  if (!ownHosts(request, allowed.hosts).includes(host)) throw new XTrackError('XT_HOST', { detail: `this server is not '${host}'` });
  const { origin } = request.headers;
  if (origin === undefined || allowed.origins.includes(origin)) return;
  if (!isOrigin(origin, host)) throw new XTrackError('XT_ORIGIN', { detail: `'${origin}' is another site than '${host}'` });
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A browser sends a cookie by itself: what changes something must come from our own page, and as JSON, which no form can send. How an
 * application's own sign-in works is not known here: it may be one that browsers send by themselves, or not. Throws XT_ORIGIN, XT_MEDIA_TYPE.
 */
export function checkForgery({ method, headers }: FastifyRequest, { by }: Caller): void {
  if (READING.has(method) || (by !== 'cookie' && by !== 'application')) return;
  const { origin, 'sec-fetch-site': site } = headers;
  // An origin that is there was found to be our own, or allowed, by checkSite.
  if (origin === undefined && site !== 'same-origin' && (by === 'cookie' || site !== undefined))
    throw new XTrackError('XT_ORIGIN', { detail: 'a change that is signed in by cookie must say that it comes from our own page' });
  const type = headers['content-type'] ?? '';
  if (by === 'cookie' && hasBody(headers) && !/^application\/json *(;|$)/i.test(type))
    throw new XTrackError('XT_MEDIA_TYPE', { detail: `signed in by cookie, a body must be application/json, not '${type}'` });
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function ownHosts(request: FastifyRequest, names: readonly string[]): string[] {
  // An injected request came over no socket.
  const { localAddress, localPort = 80, encrypted } = request.raw.socket as Partial<import('node:tls').TLSSocket>;
  // A name that resolves to us is not enough, but whoever writes our very address is not rebinding anything.
  const local = localAddress === undefined ? [] : [literal(localAddress)];
  const bare = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    ...local,
    ...names.filter((name) => !/:\d+$/.test(name)).map((name) => name.toLowerCase()),
  ];
  const withPort = bare.map((name) => `${name}:${localPort}`);
  const plain = localPort === (encrypted === true ? 443 : 80) ? bare : names;
  return [...withPort, ...plain, ...names].map((name) => name.toLowerCase());
}

/** `::ffff:10.0.0.5` and `10.0.0.5` are one; an IPv6 address is written in brackets. */
function literal(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return plain.includes(':') ? `[${plain}]` : plain;
}

function isOrigin(origin: string, host: string): boolean {
  const [, scheme, rest] = /^(https?):\/\/([^/]+)$/.exec(origin) ?? [];
  const standard = scheme === 'https' ? ':443' : ':80';
  const plain = (name: string): string => (name.endsWith(standard) ? name.slice(0, -standard.length) : name);
  return rest !== undefined && plain(rest.toLowerCase()) === plain(host);
}
