// What every request goes through: bounds on its size, its depth and its time, and what every answer carries.

import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Ask, ask, codeOf, RawConnection } from '../../../test/support/http.js';
import { XTrack } from '../../xtrack.js';
import { KeyRing } from './access/keys.js';
import { type HttpServer, type HttpServerOptions, startHttpServer } from './app.js';

let xtrack: XTrack;
let server: HttpServer;
let keys: KeyRing;

async function start(options: HttpServerOptions = {}): Promise<void> {
  await server?.close();
  server = await startHttpServer(xtrack, { port: 0, keys, ...options });
}

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  keys = KeyRing.open(null);
  await start();
});

afterEach(async () => {
  await server.close();
  await xtrack.close();
});

const get = async (path: string, headers: Record<string, string> = {}, more: Ask = {}): Promise<Answer> =>
  await ask(server.url + path, { headers: { authorization: `Bearer ${keys.firstToken}`, ...headers }, ...more });

const makeKey = async (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  await get('', { 'content-type': 'application/json', ...headers }, { method: 'POST', path: '/api/v1/api-keys', body });

const nested = (levels: number): string => `{"name":"x","scope":"read","expiresAt":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

describe('a body (SEC-15)', () => {
  it('is taken as JSON', async () => {
    const answer = await makeKey('{"name":"ci","scope":"write","experiment":"digits"}');
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toMatchObject({ name: 'ci', experiment: 'digits', key: expect.stringMatching(/^xtk_/) });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['over the limit', JSON.stringify({ name: 'x'.repeat(1024 * 1024), scope: 'read' }), 413, 'XT_BODY_TOO_LARGE'],
    ['no JSON', '{"name":', 400, 'XT_BODY'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'), 400, 'XT_BODY'],
    ['one level too deep', nested(65), 400, 'XT_BODY'],
    ['a hundred thousand levels deep', '['.repeat(100_000), 400, 'XT_BODY'],
    ['a way to the prototype', '{"name":"x","scope":"read","__proto__":{"polluted":1}}', 400, 'XT_BODY'],
    ['a way to the constructor', '{"name":"x","scope":"read","constructor":{"prototype":{"polluted":1}}}', 400, 'XT_BODY'],
    ['escaped on its way to the prototype', '{"name":"x","scope":"read","\\u005f_proto__":{"polluted":1}}', 400, 'XT_BODY'],
    ['of another form', '{"name":1,"scope":"read"}', 400, 'XT_ARGUMENT'],
    ['with a field that there is not', '{"name":"x","scope":"read","admin":true}', 400, 'XT_ARGUMENT'],
    ['not there', '', 400, 'XT_ARGUMENT'],
  ])('is refused where it is %s', async (_what, body, status, code) => {
    const answer = await makeKey(body);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(keys.list()).toEqual([]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('may be as deep as the limit', async () => {
    // It is read, and is then of the wrong form.
    expect(codeOf(await makeKey(nested(64)))).toBe('XT_ARGUMENT');
  });

  it('may hold brackets and quotes in its text', async () => {
    expect((await makeKey(JSON.stringify({ name: `${'['.repeat(60)}\\"${'{'.repeat(30)}`, scope: 'read' }))).status).toBe(201);
  });

  it.each(['text/plain', 'application/xml', 'application/octet-stream', 'application/x-www-form-urlencoded'])(
    'is refused as %s',
    async (type) => {
      const answer = await makeKey('{"name":"ci","scope":"write"}', { 'content-type': type });
      expect([answer.status, codeOf(answer)]).toEqual([415, 'XT_MEDIA_TYPE']);
    },
  );

  it('is refused before it is read where nobody may send it', async () => {
    const connection = new RawConnection(server.port);
    connection.socket.write(`POST /api/v1/api-keys HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: application/json\r\n`);
    connection.socket.write('Content-Length: 1000000\r\n\r\n{');
    await expect.poll(() => connection.received).toMatch(/^HTTP\/1\.1 401 /);
    connection.socket.destroy();
  });
});

describe('a slow request', () => {
  it.each([
    ['whose headers do not end', 'GET / HTTP/1.1\r\nHost: x\r\n'],
    [
      'whose body does not end',
      'POST /api/v1/api-keys HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nAuthorization: Bearer KEY\r\nContent-Length: 99\r\n\r\n{',
    ],
  ])('%s is ended with 408', async (_what, text) => {
    await start({ requestTimeoutMs: 300 });
    const connection = new RawConnection(server.port);
    connection.socket.write(text.replace('HOST', `127.0.0.1:${server.port}`).replace('KEY', keys.firstToken));
    await connection.closed;
    expect(connection.received).toMatch(/^HTTP\/1\.1 408 Too slow\r\n[\s\S]*"code":"XT_TIMEOUT"/);
    expect((await get('api/v1/health')).status).toBe(200);
  });
});

describe('what is no request', () => {
  it.each([
    ['noise', 'hello\r\n\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('is ended with 400: %s', async (_what, text) => {
    const connection = new RawConnection(server.port);
    connection.socket.write(text, 'latin1');
    await connection.closed;
    expect(connection.received).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"XT_BODY"/);
  });
});

describe('an answer', () => {
  it.each(['', 'runs/x', 'api/docs', 'api/v1/health', 'api/v1/info', 'api/v1/nothing', 'api/v1/runs/%zz'])(
    'of /%s carries what keeps it harmless',
    async (path) => {
      const { headers } = await get(path, { accept: 'text/html' });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-frame-options': 'DENY',
      });
      const policy = headers['content-security-policy'] as string;
      for (const rule of ["default-src 'self'", "script-src 'self';", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
        expect(policy).toContain(rule);
      expect(policy).not.toMatch(/unsafe|https?:/);
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
    },
  );

  it('that has not changed is not sent again', async () => {
    const first = await get('api/v1/info');
    expect(first.headers['cache-control']).toBe('private, no-cache');
    const etag = first.headers.etag as string;
    expect(etag).toMatch(/^W\//);
    expect(await get('api/v1/info', { 'if-none-match': etag })).toMatchObject({ status: 304, text: '' });
    expect((await get('api/v1/info', { 'if-none-match': 'W/"other"' })).status).toBe(200);
  });

  it('is compressed from 1 KiB on, as the client can read it', async () => {
    const plain = await get('api/openapi.json');
    expect(plain.headers['content-encoding']).toBeUndefined();
    const br = await get('api/openapi.json', { 'accept-encoding': 'gzip, br' });
    expect(br.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' });
    expect(brotliDecompressSync(Buffer.from(br.text, 'latin1')).toString('latin1')).toBe(plain.text);
    const gzip = await get('api/openapi.json', { 'accept-encoding': 'gzip' });
    expect(gunzipSync(Buffer.from(gzip.text, 'latin1')).toString('latin1')).toBe(plain.text);
    expect((await get('api/v1/info', { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
  });

  it('to an address that there is not says so', async () => {
    for (const path of ['api/v1/nothing', 'api', 'api/', 'api/v2/runs', 'api/v1/runs/a/b/c']) {
      const answer = await get(path, { accept: 'text/html' });
      expect([answer.status, codeOf(answer)]).toEqual([404, 'XT_NOT_FOUND']);
    }
  });

  it('to a method that the address does not take names those that it does', async () => {
    const answer = await get('api/v1/runs/x', {}, { method: 'PUT', path: '/api/v1/runs/x' });
    expect([answer.status, codeOf(answer), answer.headers.allow]).toEqual([405, 'XT_METHOD', 'GET, PATCH, DELETE']);
  });
});

describe('rates', () => {
  it('bound what one key asks, and no other', async () => {
    await start({ rates: { requests: 3 } });
    const other = { authorization: `Bearer ${keys.create({ name: 'ada', scope: 'read' }).key}` };
    for (let at = 0; at < 3; at += 1) expect((await get('api/v1/info')).status).toBe(200);
    const refused = await get('api/v1/info');
    expect([refused.status, codeOf(refused)]).toEqual([429, 'XT_RATE_LIMIT']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await get('api/v1/info', other)).status).toBe(200);
  });

  it('bound wrong keys of one address, and hold up nobody with a right one', async () => {
    await start({ rates: { failures: 2 } });
    const wrong = { authorization: 'Bearer xtk_wrong' };
    const statuses = [];
    for (let at = 0; at < 4; at += 1) statuses.push((await get('api/v1/info', wrong)).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
    expect((await get('api/v1/info')).status).toBe(200);
  });
});

describe('over TLS', () => {
  const pem = (name: string): string => readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), 'utf8');
  const tls = { cert: pem('tls-cert.pem'), key: pem('tls-key.pem') };

  it('the browser is told to stay there, and its cookie to travel nowhere else', async () => {
    await start({ tls });
    expect(server.signInUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/#token=xtk_/);
    const answer = await get('api/v1/session', {}, { method: 'POST', ca: tls.cert });
    expect(answer.status).toBe(204);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
    expect(answer.headers['set-cookie']?.[0]).toContain('; Secure');
  });

  it('or behind something that encrypts, it may be reached from elsewhere; else it may not', async () => {
    await expect(startHttpServer(xtrack, { host: '0.0.0.0', port: 0, keys })).rejects.toMatchObject({
      code: 'XT_INSECURE_BIND',
      field: 'host',
    });
    for (const more of [{ tls }, { insecure: true }]) {
      const open = await startHttpServer(xtrack, { host: '0.0.0.0', port: 0, keys, ...more });
      // Signing in is never optional.
      expect((await ask(`${open.url}api/v1/info`, { ca: tls.cert })).status).toBe(401);
      await open.close();
    }
  });
});

describe('a server', () => {
  it('comes with the control plane, and goes with it', async () => {
    const own = await XTrack.start({ store: 'memory', server: { port: 0 } });
    const { url, signInUrl } = own.httpServer as HttpServer;
    const headers = { authorization: `Bearer ${signInUrl.split('#token=')[1]}` };
    expect(JSON.parse((await ask(`${url}api/v1/info`, { headers })).text)).toMatchObject({ store: 'memory', canSpawn: false });
    await own.close();
    await expect(ask(`${url}api/v1/health`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('that cannot listen leaves nothing open', async () => {
    await expect(XTrack.start({ store: 'memory', server: { port: server.port } })).rejects.toMatchObject({ code: 'XT_LISTEN' });
  });
});
