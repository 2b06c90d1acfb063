// What a route of the HTTP API is. One without an access rule does not compile, and the table of all routes is what the documents,
// the permission tests and the server itself are made from.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Run } from '../../query/run.js';
import type { Principal, Scope } from './access/principal.js';
import type { ControlPlane } from './control-plane.js';
import type { Services } from './services.js';

/**
 * What the scope is asked of. `run`: the run in `params.runId`, which the handler gets as `call.run` (a public run needs no key to be
 * viewed). `listed`: the handler itself leaves out what `call.principal` may not see. `server`: everything, so that a key for some
 * experiments is not enough.
 */
export type Subject = 'run' | 'listed' | 'server';

export interface Access {
  readonly scope: Scope;
  readonly of: Subject;
}

/** One request, checked against the route's schemas, its caller known and allowed. */
export interface Call<Params, Query, Body> {
  readonly xtrack: ControlPlane;
  readonly services: Services;
  readonly principal: Principal;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The run that `params.runId` names, where the route is of one run; deleted ones included. */
  readonly run: Run;
  /** For answers that are no JSON: `return call.reply.type('text/csv').send(stream)`. */
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What comes when all is well. */
export interface Answer {
  /** Default 200. */
  readonly status?: 200 | 201 | 202 | 204 | 206;
  /** Further statuses with the same content, and 416 without. */
  readonly others?: readonly (200 | 206 | 416)[];
  /** Its JSON … */
  readonly schema?: TSchema;
  /** … or what comes where it is no JSON. */
  readonly media?: readonly string[];
}

export interface RouteDefinition<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `base`: `/runs/:runId/params`. */
  readonly path: string;
  /** Default /api/v1; /api for what describes all versions. */
  readonly base?: '/api';
  /** One line for the API page. */
  readonly summary: string;
  /** Chapter of the API page: runs, metrics, steering … */
  readonly chapter: string;
  readonly access: Access;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  /** Codes of errors, beside those that every route has, that the API page names. */
  readonly errors?: readonly string[];
  /** Media types of a body that the handler reads by itself: `request.body` is a stream of its bytes, and nothing bounds or checks it. */
  readonly takes?: readonly string[];
  /** Most bytes of a body. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** What the audit log keeps of a request, beside who and where; nothing that is secret. */
  readonly audit?: (body: Static<Body>, result: unknown) => Readonly<Record<string, unknown>>;
  readonly handle: (call: Call<Static<Params>, Static<Query>, Static<Body>>) => unknown;
}

/** A route whose handler's types are hidden, as the table keeps it. */
export type Route = RouteDefinition<TSchema, TSchema, TSchema>;

/** Declares a route; its handler is checked against its schemas. */
export function route<Params extends TSchema, Query extends TSchema, Body extends TSchema>(
  definition: RouteDefinition<Params, Query, Body>,
): Route {
  return definition as unknown as Route;
}
