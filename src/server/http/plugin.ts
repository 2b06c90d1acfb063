// The API as a Fastify plugin: every route of the table behind the same checks, whatever server it is mounted in.

import cookie from '@fastify/cookie';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { XTrackError } from '../../protocol/errors.js';
import type { Run } from '../../query/run.js';
import { admit } from './access/access.js';
import { audited } from './access/audit.js';
import { type Authenticate, type Caller, callerOf, identify, setCaller } from './access/caller.js';
import { type AllowedSites, checkForgery, checkSite } from './access/origin.js';
import { type Limits, makeLimits, type Rates } from './access/rates.js';
import { sendAnswersWell } from './answers/answer.js';
import { PROBLEM_TYPE, toProblem, toXTrackError } from './answers/errors.js';
import { setSecurityHeaders } from './answers/headers.js';
import { readBodiesSafely } from './body-reader.js';
import type { ControlPlane } from './control-plane.js';
import { pathOf } from './documents/openapi.js';
import type { Route } from './route.js';
import type { Services } from './services.js';

/** Bytes of a body where its route says nothing. */
const BODY_LIMIT = 1024 * 1024;

export interface ApiOptions {
  readonly xtrack: ControlPlane;
  readonly routes: readonly Route[];
  readonly services: Services;
  readonly sites: AllowedSites;
  readonly authenticate?: Authenticate | undefined;
  readonly rates?: Partial<Rates> | undefined;
}

/** The runs that requests are of, from the check of access to the handler. */
const runs = new WeakMap<FastifyRequest, Run>();

/** Registers what every request goes through, and every route. */
export async function registerApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  if (!app.hasReplyDecorator('setCookie')) await app.register(cookie);
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setErrorHandler(answerError);
  readBodiesSafely(app);
  await sendAnswersWell(app);
  const limits = await makeLimits(app, options.rates);
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply, request.protocol === 'https');
    checkSite(request, options.sites);
    setCaller(request, await known(request, reply, options, limits));
    await limits.request(request, reply);
    checkForgery(request, callerOf(request));
  });
  for (const one of options.routes) {
    if (one.takes === undefined) addRoute(app, one, options);
    else await app.register(async (scope) => addRawRoute(scope, one, options));
  }
}

async function known(request: FastifyRequest, reply: FastifyReply, options: ApiOptions, limits: Limits): Promise<Caller> {
  try {
    return await identify(request, options.services, options.authenticate);
  } catch (error) {
    await limits.failure(request, reply);
    throw error;
  }
}

/** In a scope of its own, where bodies of the types that it takes are not read before its handler asks for them. */
function addRawRoute(scope: FastifyInstance, one: Route, options: ApiOptions): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    [...(one.takes ?? [])],
    (_request: FastifyRequest, payload: unknown, done: (error: null, body: unknown) => void) => done(null, payload),
  );
  addRoute(scope, one, options);
}

/** The one way in which a route comes to be. Throws XT_ARGUMENT for one that does not say who may use it. */
function addRoute(app: FastifyInstance, one: Route, { xtrack, services }: ApiOptions): void {
  const { access, method, answer } = one;
  const url = pathOf(one);
  if (access === undefined || access.scope === undefined || access.of === undefined)
    throw new XTrackError('XT_ARGUMENT', { detail: `${method} ${url} does not say who may use it`, field: 'access' });
  app.route({
    method,
    url,
    // To ask for the head of a stream is to open it.
    exposeHeadRoute: !(answer.media ?? []).includes('text/event-stream'),
    bodyLimit: one.bodyLimit ?? BODY_LIMIT,
    schema: schemaOf(one),
    onRequest: async (request) => {
      const { runId } = request.params as { readonly runId?: string };
      const run = await admit(access, callerOf(request), xtrack, runId);
      if (run !== undefined) runs.set(request, run);
    },
    preValidation: async (request) => {
      // What may be left out altogether may be sent without a body.
      if (one.body !== undefined && (request.body === undefined || request.body === null)) request.body = {};
    },
    handler: async (request, reply) => {
      if (answer.status !== undefined) reply.code(answer.status);
      const { params, query, body } = request as unknown as { params: TSchema; query: TSchema; body: TSchema };
      const run = runs.get(request) as Run;
      const { principal } = callerOf(request);
      const call = { xtrack, services, principal, params, query, body, run, request, reply };
      const result = await audited(one, request, services, () => one.handle(call as never));
      if (reply.sent || result === reply) return reply;
      return answer.status === 204 ? reply.send() : result;
    },
  });
}

function schemaOf({ params, query, body }: Route): Record<string, TSchema> {
  return { ...(params && { params }), ...(query && { querystring: query }), ...(body && { body }) };
}

/** Headers of an answer that went wrong after they were set. */
const OF_THE_ANSWER = ['content-disposition', 'content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified'];

/** Every error as a problem, and nothing else of it. */
export function answerError(thrown: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toXTrackError(thrown);
  if (error.code === 'XT_INTERNAL') process.emitWarning(String((error.cause as Error | undefined)?.stack ?? error), 'XTrackWarning');
  const problem = toProblem(error);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="xtrack"');
  for (const name of OF_THE_ANSWER) reply.removeHeader(name);
  return reply.code(problem.status).type(PROBLEM_TYPE).header('cache-control', 'no-store').send(JSON.stringify(problem));
}
