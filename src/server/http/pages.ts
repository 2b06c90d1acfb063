// The dashboard as files: hashed ones for ever, the page itself for every address that is no file, and a plain word where it is not built.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import files, { type SetHeadersResponse } from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { inPackage } from '../../package/root.js';
import { prefixOf } from './access/proxies.js';
import { contentPolicy, embedders } from './answers/headers.js';

export interface PageOptions {
  /** Path below which the server is mounted: `` or `/xtrack`. */
  readonly prefix: string;
  /** What a proxy puts before that, where it does not say so itself. Left out: its word is not taken. */
  readonly base?: string | undefined;
  /** Sites that may show the embed page in a frame, beside our own. Default: any port of this machine, where notebooks run. */
  readonly embedOrigins?: readonly string[] | undefined;
  /** Where the built page is. Default: in this package. */
  readonly folder?: string;
}

/** Of hashed files: seconds. */
const FOR_EVER = 31_536_000;

/** Serves the files; `answerPage` of what it returns answers an address of the page. */
export async function servePages(
  app: FastifyInstance,
  options: PageOptions,
): Promise<(request: FastifyRequest, reply: FastifyReply) => FastifyReply> {
  const root = options.folder ?? fileURLToPath(inPackage('dist/web/'));
  // The page itself is prepared for each answer, and what has no ending is one of its addresses.
  const allowedPath = (path: string): boolean => /\.[a-z0-9]+$/i.test(path) && !path.endsWith('.html');
  // The build puts compressed copies beside the files.
  const compressed = { preCompressed: true, setHeaders: (answer: SetHeadersResponse) => answer.setHeader('vary', 'accept-encoding') };
  const common = { index: false, dotfiles: 'ignore', redirect: false, allowedPath, ...compressed } as const;
  if (existsSync(root)) {
    const assets = join(root, 'assets');
    if (existsSync(assets))
      await app.register(files, { ...common, root: assets, prefix: '/assets/', maxAge: FOR_EVER * 1000, immutable: true });
    await app.register(files, { ...common, root, prefix: '/', decorateReply: !existsSync(assets), cacheControl: false });
  }
  return (request, reply) => answerPage(request, reply, join(root, 'index.html'), options);
}

/** True where a person may have typed the address, or followed a link to it. */
export function isPageAddress({ method, url, headers }: FastifyRequest, prefix: string): boolean {
  const path = (url.split('?')[0] ?? '').slice(prefix.length);
  const wantsPage = (headers.accept ?? '*/*').includes('text/html') || !/\.[a-z0-9]+$/i.test(path);
  return (method === 'GET' || method === 'HEAD') && !/^\/(api|assets)(\/|$)/.test(path) && wantsPage;
}

function answerPage(request: FastifyRequest, reply: FastifyReply, file: string, options: PageOptions): FastifyReply {
  const { prefix, base, embedOrigins } = options;
  if (request.url.startsWith(`${prefix}/embed/`)) {
    reply.header('content-security-policy', contentPolicy(embedders(embedOrigins)));
    // The older header knows no list of sites.
    reply.removeHeader('x-frame-options');
  }
  reply.type('text/html; charset=utf-8');
  const page = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const place = base === undefined ? prefix : prefixOf(request.headers, base) + prefix;
  return page === undefined ? reply.code(503).send(placed(NOT_BUILT, place)) : reply.code(200).send(placed(page, place));
}

/** Tells the page where it is. The addresses in it are the build's own, and absolute or relative to its root. */
function placed(page: string, prefix: string): string {
  const told = `<head>\n    <meta name="xtrack-base" content="${prefix}/" />`;
  return page.replace(/(src|href)="\.?\/(?!\/)/g, `$1="${prefix}/`).replace('<head>', told);
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>XTrack</title></head>
<body>
<h1>The dashboard is not built</h1>
<p>The server works, and its API is at <a href="/api/docs">/api/docs</a>. In a clone of the sources, <code>npm run build</code> builds the page.</p>
</body>
</html>
`;
