// The API as an OpenAPI 3.1 document, made from the table of routes: what the server checks is what it says.

import type { TSchema } from 'typebox';
import { packageVersion } from '../../../package/root.js';
import type { ErrorCode } from '../../../protocol/errors.js';
import { statusOf, TITLES } from '../answers/errors.js';
import type { Route } from '../route.js';

export type Json = Readonly<Record<string, unknown>>;

/** Below which the routes of version 1 lie. */
const V1 = '/api/v1';

/** The whole path of a route. */
export function pathOf({ base, path }: Route): string {
  return (base ?? V1) + path;
}

/** `prefix`: where the server is mounted. `cookie`: the name of that of its sessions. */
export function makeOpenApi(routes: readonly Route[], prefix: string, cookie: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of routes) {
    const path = pathOf(one).replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operationOf(one) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'XTrack',
      version: packageVersion(),
      description: 'Runs, their metrics, logs and files; live, compared and steered. NaN and the infinities travel as strings.',
    },
    servers: [{ url: prefix === '' ? '/' : prefix }],
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key of `xtrack keys create`, or the one of the first start: xtk_…' },
        session: { type: 'apiKey', in: 'cookie', name: cookie, description: 'What POST /session gives for a key.' },
      },
    },
  };
}

const PROBLEM = {
  type: 'object',
  description: 'What went wrong (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code', 'remedy'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'what exactly happened' },
    code: { type: 'string', description: 'stable: XT_…' },
    field: { type: 'string', description: 'which part of the request' },
    remedy: { type: 'string', description: 'what to do about it' },
    column: { type: 'integer', description: 'of a search: where in its text, from 0' },
  },
} as const;

function operationOf(one: Route): Json {
  const { method, path, summary, chapter, access, params, query } = one;
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')];
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(.)?/g, (_all, next: string | undefined) => next?.toUpperCase() ?? '')}`,
    summary,
    tags: [chapter],
    security: access.scope === 'none' ? [] : [{ key: [] }, { session: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(one),
    responses: responsesOf(one),
  };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema & { readonly description?: string }>>;
  readonly required?: readonly string[];
}

function parametersOf(schema: TSchema | undefined, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as ObjectSchema;
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(one.description !== undefined && { description: one.description }),
    schema: one,
  }));
}

function bodyOf({ body, takes }: Route): Json {
  const raw = Object.fromEntries((takes ?? []).map((type) => [type, { schema: { type: 'string' } }]));
  if (body === undefined && takes === undefined) return {};
  const required = takes !== undefined || ((body as ObjectSchema).required ?? []).length > 0;
  return { requestBody: { required, content: { ...(takes === undefined && { 'application/json': { schema: body } }), ...raw } } };
}

/** Answers without content. */
const WORDS: Readonly<Record<number, string>> = { 204: 'Done', 416: 'There is no such range; Content-Range has the size' };

function responsesOf(one: Route): Json {
  const { status = 200, others = [] } = one.answer;
  const good = [status, ...others].map((code) => [code, { description: WORDS[code] ?? 'What was asked for', ...contentOf(one, code) }]);
  const unchanged = one.method === 'GET' ? [[304, { description: 'Unchanged since the ETag in If-None-Match' }]] : [];
  const bad = errorStatuses(one).map((code) => [code, problemOf(code)]);
  return Object.fromEntries([...good, ...unchanged, ...bad]) as Json;
}

function contentOf({ answer: { schema, media } }: Route, status: number): Json {
  if (status in WORDS) return {};
  const types = media ?? ['application/json'];
  return { content: Object.fromEntries(types.map((type) => [type, { schema: schema ?? {} }])) };
}

function problemOf(status: number): Json {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return { description: TITLES[status] ?? 'Error', content };
}

/** Every status that an error of the route can have. */
export function errorStatuses({ params, query, body, takes, errors = [], method }: Route): number[] {
  const named = (errors as readonly ErrorCode[]).map(statusOf);
  const some = (when: boolean, ...statuses: number[]): number[] => (when ? statuses : []);
  return [
    ...new Set([
      ...some(params !== undefined || query !== undefined || body !== undefined || takes !== undefined, 400),
      // A key that is none is refused wherever it is shown, another site's page as well.
      ...[401, 403],
      ...some(params !== undefined, 404),
      ...some(method !== 'GET', 400, 408, 409, 413, 415),
      ...[421, 429, 500, 503],
      ...named,
    ]),
  ].sort((a, b) => a - b);
}
