import { describe, expect, it } from 'vitest';
import { tableOf } from '../mount.js';
import { makeApiPage } from './api-page.js';
import { makeOpenApi, pathOf } from './openapi.js';

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { schema: unknown }>> }>
  >;
}

const ROUTES = tableOf('');
// As a client gets it.
const document = JSON.parse(JSON.stringify(makeOpenApi(ROUTES, '', 'xtrack_session'))) as {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('has every route, once, and nothing else', () => {
    const wanted = ROUTES.map((one) => `${one.method.toLowerCase()} ${pathOf(one).replace(/:(\w+)/g, '{$1}')}`);
    expect(operations.map(({ path, method }) => `${method} ${path}`).sort()).toEqual(wanted.sort());
    expect(document.openapi).toBe('3.1.0');
  });

  it('names each operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^(get|post|patch|delete)[A-Za-z0-9]+$/);
  });

  it('names every part of a path, and requires it', () => {
    for (const { path, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((one) => one.in === 'path');
      expect(inPath.map(({ name }) => name).sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort());
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  it.each(operations.map((one) => [`${one.method} ${one.path}`, one] as const))(
    'says everything that %s can answer',
    (_name, { method, operation }) => {
      const statuses = Object.keys(operation.responses);
      for (const status of ['401', '403', '421', '429', '500', '503']) expect(statuses).toContain(status);
      if (method !== 'get') for (const status of ['400', '413', '415']) expect(statuses).toContain(status);
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        // A range that there is not is answered with the size alone.
        if (Number(status) < 400 || status === '416') continue;
        expect(content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } });
      }
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
    },
  );

  it('asks for a key wherever the route does', () => {
    for (const one of ROUTES) {
      const operation = document.paths[pathOf(one).replace(/:(\w+)/g, '{$1}')]?.[one.method.toLowerCase()] as Operation;
      expect(operation.security.length > 0).toBe(one.access.scope !== 'none');
    }
  });

  it('knows where the server is mounted', () => {
    expect(document.servers).toEqual([{ url: '/' }]);
    expect(makeOpenApi(ROUTES, '/xtrack', 'xtrack_session').servers).toEqual([{ url: '/xtrack' }]);
  });
});

describe('the page of the API', () => {
  const page = makeApiPage(ROUTES, '');

  it('has every route', () => {
    for (const one of ROUTES) expect(page).toContain(`<code>${pathOf(one)}</code>`);
  });

  it('runs and loads nothing but its own styles', () => {
    expect(page).not.toMatch(/<script|javascript:|\son\w+=|\sstyle=|<style|https?:/i);
    expect([...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1]).sort()).toEqual(['/api/docs.css', '/api/openapi.json']);
  });

  it('holds text, whatever a route says of itself', () => {
    const [first] = ROUTES;
    const evil = { ...first, summary: '<img src=x onerror=alert(1)>', chapter: '"><script>' } as (typeof ROUTES)[number];
    expect(makeApiPage([evil], '')).not.toMatch(/<img|<script/);
  });
});
