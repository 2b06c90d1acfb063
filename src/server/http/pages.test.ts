import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, codeOf } from '../../../test/support/http.js';
import { XTrackError } from '../../protocol/errors.js';
import { setSecurityHeaders } from './answers/headers.js';
import { isPageAddress, type PageOptions, servePages } from './pages.js';
import { answerError } from './plugin.js';

const PAGE = `<!doctype html>
<html>
  <head>
    <link rel="icon" href="/favicon.svg" />
    <script type="module" src="./assets/app-1a2b.js"></script>
  </head>
</html>`;

let home: string;
let folder: string;
let app: FastifyInstance;
let url: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'xtrack-pages-'));
  folder = join(home, 'web');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), 'export const one = 1;\n');
  writeFileSync(join(folder, '.env'), 'CANARY');
  writeFileSync(join(home, 'secret.txt'), 'CANARY');
  writeFileSync(join(home, 'secret.js'), 'CANARY');
});

afterEach(async () => {
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

async function serve(options: Partial<PageOptions> = {}): Promise<void> {
  const { prefix = '' } = options;
  app = Fastify({ forceCloseConnections: true });
  await app.register(
    async (scope) => {
      scope.setErrorHandler(answerError);
      scope.addHook('onRequest', async (_request, reply) => setSecurityHeaders(reply, false));
      const page = await servePages(scope, { prefix, folder, ...options });
      scope.setNotFoundHandler((request, reply) =>
        isPageAddress(request, prefix) ? page(request, reply) : answerError(new XTrackError('XT_NOT_FOUND'), request, reply),
      );
    },
    { prefix },
  );
  url = await app.listen({ host: '127.0.0.1', port: 0 });
}

const get = async (path: string, accept = 'text/html'): Promise<Answer> => await ask(url, { path, headers: { accept } });

describe('the page', () => {
  it.each(['/', '/runs/a', '/runs/a.b.v1', '/compare?runs=a,b', '/index.html', '/anything/at/all'])('answers %s', async (path) => {
    await serve();
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('app-1a2b.js');
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8' });
  });

  it('may be framed at no address but those that are for it', async () => {
    await serve();
    expect((await get('/runs/a')).headers).toMatchObject({
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
    const embedded = (await get('/embed/runs/a')).headers;
    expect(embedded['content-security-policy']).toContain("frame-ancestors 'self' http://localhost:* http://127.0.0.1:*");
    expect(embedded['x-frame-options']).toBeUndefined();
    expect((await get('/embedded')).headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  it('may be framed by the sites that were named, then', async () => {
    await serve({ embedOrigins: ['https://lab.example'] });
    expect((await get('/embed/runs/a')).headers['content-security-policy']).toMatch(/frame-ancestors 'self' https:\/\/lab\.example$/);
  });

  it('knows where it is mounted', async () => {
    await serve({ prefix: '/xtrack' });
    const { text } = await get('/xtrack/runs/a');
    expect(text).toContain('<meta name="xtrack-base" content="/xtrack/" />');
    expect(text).toContain('href="/xtrack/favicon.svg"');
    expect(text).toContain('src="/xtrack/assets/app-1a2b.js"');
    expect((await get('/xtrack/assets/app-1a2b.js')).status).toBe(200);
  });

  it('says what to do where it is not built', async () => {
    await serve({ folder: join(home, 'nowhere') });
    const answer = await get('/runs/a');
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('npm run build');
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  });
});

describe('a file of the page', () => {
  it('is kept for ever where its name has its hash, and asked after where not', async () => {
    await serve();
    const asset = await get('/assets/app-1a2b.js', '*/*');
    expect(asset.headers).toMatchObject({
      'content-type': 'application/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect((await get('/favicon.svg', '*/*')).headers['cache-control'] ?? '').not.toContain('immutable');
  });

  it('is sent as the build compressed it, where the browser takes that, and is still what it is', async () => {
    for (const ending of ['br', 'gz']) writeFileSync(join(folder, 'assets', `app-1a2b.js.${ending}`), ending);
    await serve();
    for (const [encoding, body] of [
      ['br', 'br'],
      ['gzip', 'gz'],
      [undefined, 'export const one = 1;\n'],
    ] as const) {
      const headers = { ...(encoding !== undefined && { 'accept-encoding': encoding }) };
      const asset = await ask(url, { path: '/assets/app-1a2b.js', headers });
      expect([asset.headers['content-encoding'], asset.text]).toEqual([encoding, body]);
      expect(asset.headers).toMatchObject({
        'content-type': 'application/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
      });
      expect(asset.headers.vary).toMatch(/accept-encoding/i);
    }
  });

  it('that there is not is no page', async () => {
    await serve();
    for (const [path, accept] of [
      ['/assets/gone-9z.js', 'text/html'],
      ['/assets', 'text/html'],
      ['/gone.js', '*/*'],
      ['/api/v1/gone', 'text/html'],
      ['/api', 'text/html'],
    ] as const) {
      const answer = await get(path, accept);
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 404, 'XT_NOT_FOUND']);
    }
  });

  it.each([
    '/../secret.txt',
    '/../secret.js',
    '/assets/../../secret.js',
    '/assets/..%2f..%2fsecret.js',
    '/assets/%2e%2e/%2e%2e/secret.js',
    '/assets/%252e%252e/%252e%252e/secret.js',
    '/assets/..\\..\\secret.js',
    '/assets/..%5c..%5csecret.js',
    '/assets/....//....//secret.js',
    '/assets/..;/..;/secret.js',
    '/%c0%ae%c0%ae/secret.js',
    '/assets/%uff0e%uff0e/secret.js',
    '//secret.js',
    '/assets//../../secret.js',
    '/secret.js%00.png',
    '/assets/app-1a2b.js/../../../secret.js',
    '/.env',
    '/assets/../.env',
    '/.%2fenv',
    'http://evil.example/../secret.js',
    `/${'a'.repeat(5_000)}.js`,
    '/file:///etc/passwd.js',
    '/etc/passwd',
  ])('is nowhere but in its folder: %s', async (path) => {
    await serve();
    for (const accept of ['text/html', '*/*']) {
      const answer = await get(path, accept);
      expect(answer.text).not.toContain('CANARY');
      expect(answer.text).not.toContain('root:');
      expect(answer.status).toBeLessThan(500);
    }
  });
});
