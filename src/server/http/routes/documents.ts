// What describes the API: for programs and for people.

import { API_STYLES, makeApiPage } from '../documents/api-page.js';
import { type Json, makeOpenApi } from '../documents/openapi.js';
import { type Call, type Route, route } from '../route.js';

const common = { method: 'GET', base: '/api', chapter: 'documents', access: { scope: 'none', of: 'server' } } as const;

/** The routes themselves are described, too. `prefix`: where the server is mounted. */
export function documentsRoutes(others: readonly Route[], prefix: string): readonly Route[] {
  let document: Json | undefined;
  let page: string | undefined;
  const own: readonly Route[] = [
    route({
      ...common,
      path: '/openapi.json',
      summary: 'The API as an OpenAPI 3.1 document',
      answer: {},
      handle: ({ services }: Call<unknown, unknown, unknown>) => {
        document ??= makeOpenApi([...others, ...own], prefix, services.sessions.cookie);
        return document;
      },
    }),
    route({
      ...common,
      path: '/docs',
      summary: 'The API as a page to read',
      answer: { media: ['text/html'] },
      handle: ({ reply }: Call<unknown, unknown, unknown>) => {
        page ??= makeApiPage([...others, ...own], prefix);
        return reply.type('text/html; charset=utf-8').send(page);
      },
    }),
    route({
      ...common,
      path: '/docs.css',
      summary: 'How that page looks',
      answer: { media: ['text/css'] },
      handle: ({ reply }: Call<unknown, unknown, unknown>) => reply.type('text/css; charset=utf-8').send(API_STYLES),
    }),
  ];
  return own;
}
