// Everything that the server answers, put into an application: our own, or one that was there before.

import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { XTrackError } from '../../protocol/errors.js';
import type { Authenticate } from './access/caller.js';
import type { Rates } from './access/rates.js';
import type { ControlPlane } from './control-plane.js';
import { pathOf } from './documents/openapi.js';
import { isPageAddress, servePages } from './pages.js';
import { answerError, registerApi } from './plugin.js';
import type { Route } from './route.js';
import { ROUTES } from './routes/all.js';
import { documentsRoutes } from './routes/documents.js';
import { openServices, type ServiceOptions } from './services.js';

export interface MountOptions extends ServiceOptions {
  /** Host names that the server answers to, beside loopback and its own addresses: `tracker.example`, `tracker.example:8443`. */
  readonly allowedHosts?: readonly string[];
  /** Other sites whose pages may send requests: `https://lab.example`. */
  readonly allowedOrigins?: readonly string[];
  /** Sites that may show the embed page in a frame, beside our own. Default: any port of this machine, where notebooks run. */
  readonly embedOrigins?: readonly string[];
  /** An application's own sign-in, asked before keys and sessions. */
  readonly authenticate?: Authenticate;
  readonly rates?: Partial<Rates>;
}

export interface PluginOptions extends MountOptions {
  /** Where in the application: `/xtrack`. Default: its root. */
  readonly prefix?: string;
}

/**
 * The page and the API as a plugin, in a scope of its own: nothing of it reaches the application's other routes. `authenticate` says who
 * a request is from; where it knows nobody, keys and sessions of XTrack hold. Close the application before the control plane.
 * Errors: XT_FILE.
 */
export function xtrackPlugin(xtrack: ControlPlane, { prefix = '', ...options }: PluginOptions = {}): FastifyPluginAsync {
  return async (app) => {
    await app.register(async (scope) => await mount(scope, xtrack, options, scope.prefix), { prefix });
  };
}

/** Every route that there is, those that describe them included. */
export function tableOf(prefix: string): readonly Route[] {
  return [...ROUTES, ...documentsRoutes(ROUTES, prefix)];
}

/** `prefix`: where, in the application: `` or `/xtrack`. `base`: what a proxy puts before that, where it does not say so itself; left out: none is asked. */
export async function mount(
  app: FastifyInstance,
  xtrack: ControlPlane,
  options: MountOptions,
  prefix: string,
  base?: string,
): Promise<void> {
  const services = openServices(xtrack, options);
  const { authenticate, rates, embedOrigins } = options;
  const sites = { hosts: options.allowedHosts ?? [], origins: options.allowedOrigins ?? [] };
  app.addHook('preClose', async () => services.live.close());
  const routes = tableOf((base ?? '') + prefix);
  await registerApi(app, { xtrack, routes, services, sites, authenticate, rates });
  const answerPage = await servePages(app, { prefix, base, embedOrigins });
  app.setNotFoundHandler((request, reply) =>
    isPageAddress(request, prefix) ? answerPage(request, reply) : answerError(nothingThere(request, reply, routes, prefix), request, reply),
  );
}

/** Says so where the address is right and the method is not. */
function nothingThere({ method, url }: FastifyRequest, reply: FastifyReply, routes: readonly Route[], prefix: string): XTrackError {
  const path = url.startsWith(prefix) ? (url.split('?')[0] ?? '').slice(prefix.length) : '';
  const methods = routes.filter((one) => matches(pathOf(one), path)).map((one) => one.method);
  // The right method at a known address: a part of it is longer than any name may be.
  if (methods.length === 0 || methods.includes(method as Route['method']))
    return new XTrackError('XT_NOT_FOUND', { detail: `nothing answers ${method} at this address` });
  reply.header('allow', [...new Set(methods)].join(', '));
  return new XTrackError('XT_METHOD', { detail: `this address takes ${[...new Set(methods)].join(', ')}, not ${method}` });
}

function matches(pattern: string, path: string): boolean {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  return wanted.length === parts.length && wanted.every((part, at) => part === parts[at] || (part.startsWith(':') && parts[at] !== ''));
}
