// What every answer tells the browser, so that nothing that was logged or uploaded can act as our page.

import type { FastifyReply } from 'fastify';

/** Sites that may frame the embed page where nothing else is said: notebooks are served from this machine. */
const NOTEBOOKS = ['http://localhost:*', 'http://127.0.0.1:*'] as const;

/** Seconds that a browser keeps to TLS. */
const HSTS_LIFE = 31_536_000;

/** The content security policy of our pages. `framedBy`: sites that may show the page in a frame. */
export function contentPolicy(framedBy: readonly string[] = ["'none'"]): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${framedBy.join(' ')}`,
  ].join('; ');
}

/** Who may frame the embed page. */
export function embedders(origins: readonly string[] | undefined): readonly string[] {
  return ["'self'", ...(origins ?? NOTEBOOKS)];
}

/** Set before anything else, so that errors carry them too; an answer that needs others overwrites them. */
export function setSecurityHeaders(reply: FastifyReply, overTls: boolean): void {
  reply.headers({
    'content-security-policy': contentPolicy(),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    ...(overTls && { 'strict-transport-security': `max-age=${HSTS_LIFE}` }),
  });
}
