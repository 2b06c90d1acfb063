// What other sites can make a browser send: every combination is refused, whatever the route.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, codeOf, RawConnection } from '../../../../test/support/http.js';
import { XTrack } from '../../../xtrack.js';
import { type HttpServer, startHttpServer } from '../app.js';
import { KeyRing } from './keys.js';

let xtrack: XTrack;
let server: HttpServer;
let cookie: string;
let host: string;
const keys = KeyRing.open(null);
const bearer = { authorization: `Bearer ${keys.firstToken}` };
const json = { 'content-type': 'application/json' };
const BODY = JSON.stringify({ name: 'made', scope: 'read' });

beforeAll(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  server = await startHttpServer(xtrack, {
    port: 0,
    keys,
    allowedHosts: ['tracker.example', 'named.example:8443'],
    allowedOrigins: ['https://lab.example'],
  });
  host = `127.0.0.1:${server.port}`;
  const signedIn = await ask(`${server.url}api/v1/session`, { method: 'POST', headers: bearer });
  cookie = (signedIn.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
});

afterAll(async () => {
  await server.close();
  await xtrack.close();
});

const info = async (headers: Record<string, string>): Promise<Answer> => await ask(`${server.url}api/v1/info`, { headers });

/** Makes a key: it changes something, and leaves a trace where it was let through. */
async function change(headers: Record<string, string>, body: string | null = BODY): Promise<Answer> {
  return await ask(`${server.url}api/v1/api-keys`, { method: 'POST', headers, ...(body !== null && { body }) });
}

describe('the host of a request (SEC-4)', () => {
  it.each([
    ['the address', () => host],
    ['localhost', () => `localhost:${server.port}`],
    ['IPv6', () => `[::1]:${server.port}`],
    ['in capitals', () => `LOCALHOST:${server.port}`],
    ['a name that was allowed', () => 'tracker.example'],
    ['a name that was allowed, with the port', () => `tracker.example:${server.port}`],
    ['a name and port that were allowed', () => 'named.example:8443'],
  ])('may be %s', async (_what, of) => {
    expect((await info({ ...bearer, host: of() })).status).toBe(200);
  });

  it.each([
    ['a name that resolves to us', () => `evil.example:${server.port}`],
    ['another port', () => '127.0.0.1:1'],
    ['no port', () => '127.0.0.1'],
    ['another loopback address', () => `127.0.0.2:${server.port}`],
    ['the address in another spelling', () => `2130706433:${server.port}`],
    ['a private address', () => `192.168.0.1:${server.port}`],
    ['a name with ours at its end', () => `evil.localhost:${server.port}`],
    ['a name with ours at its beginning', () => `localhost.evil.example:${server.port}`],
    ['a trailing dot', () => `localhost.:${server.port}`],
    ['a name that was allowed, with another port', () => 'named.example'],
    ['a user in front', () => `127.0.0.1:${server.port}@evil.example`],
  ])('may not be %s', async (_what, of) => {
    for (const path of ['api/v1/info', 'api/v1/health', 'api/v1/events', 'api/docs', '', 'runs/x', 'assets/x.js', 'nothing']) {
      const answer = await ask(server.url + path, { headers: { ...bearer, host: of() } });
      expect([answer.status, codeOf(answer)]).toEqual([421, 'XT_HOST']);
    }
  });
});

describe('a request without a host', () => {
  it.each(['GET /api/v1/health HTTP/1.0\r\n\r\n', 'GET /api/v1/health HTTP/1.0\r\nHost:\r\n\r\n', 'GET / HTTP/1.1\r\nHost: \r\n\r\n'])(
    'is refused: %j',
    async (text) => {
      const connection = new RawConnection(server.port);
      connection.socket.write(text);
      await expect.poll(() => connection.received).toMatch(/^HTTP\/1\.1 421 [\s\S]*"code":"XT_HOST"/);
      connection.socket.destroy();
      await connection.closed;
    },
  );
});

const FOREIGN: readonly (readonly [string, string])[] = [
  ['another site', 'https://evil.example'],
  ['another port of this machine', 'http://127.0.0.1:1'],
  ['a sandboxed page', 'null'],
  ['a file', 'file://'],
  ['an extension', 'chrome-extension://abcdef'],
  ['a name with ours at its end', 'http://evil-127.0.0.1'],
  ['nothing', ''],
];

describe('the origin of a request (SEC-4)', () => {
  it.each(FOREIGN)('is refused where it is %s, with a key or without', async (_what, origin) => {
    for (const path of ['api/v1/info', 'api/v1/health', 'api/v1/events', 'api/docs', '', 'nothing']) {
      for (const headers of [{}, bearer, { cookie }]) {
        const answer = await ask(server.url + path, { headers: { ...headers, origin } });
        expect([answer.status, codeOf(answer)]).toEqual([403, 'XT_ORIGIN']);
      }
    }
    expect(codeOf(await change({ ...bearer, ...json, origin }))).toBe('XT_ORIGIN');
  });

  it('may be our own, or one that was allowed; neither gets a CORS header', async () => {
    for (const origin of [`http://${host}`, 'https://lab.example']) {
      const answer = await info({ ...bearer, origin });
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('gets no answer to a preflight', async () => {
    const headers = { origin: 'https://lab.example', 'access-control-request-method': 'POST' };
    const answer = await ask(`${server.url}api/v1/api-keys`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(405);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('a change that a cookie signs in (SEC-4)', () => {
  const made = (): number => keys.list().length;

  it.each([
    ['the origin of our page', () => ({ origin: `http://${host}` })],
    ['a browser that says it is the same origin', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['both', () => ({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })],
  ])('goes through with %s', async (_what, headers) => {
    const before = made();
    expect((await change({ cookie, ...json, ...headers() })).status).toBe(201);
    expect(made()).toBe(before + 1);
  });

  it.each([
    ['nothing that says where it comes from', {}, 'XT_ORIGIN'],
    ['a browser that says another site', { 'sec-fetch-site': 'cross-site' }, 'XT_ORIGIN'],
    ['a browser that says another port', { 'sec-fetch-site': 'same-site' }, 'XT_ORIGIN'],
    ['a browser that says a typed address', { 'sec-fetch-site': 'none' }, 'XT_ORIGIN'],
  ])('is refused with %s', async (_what, headers, code) => {
    const before = made();
    expect(codeOf(await change({ cookie, ...json, ...headers }))).toBe(code);
    expect(made()).toBe(before);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json-patch+json',
    'text/plain; application/json',
    '',
  ])('is refused as %s, which a form could send', async (type) => {
    const before = made();
    const answer = await change({ cookie, origin: `http://${host}`, 'content-type': type });
    expect([answer.status, codeOf(answer)]).toEqual([415, 'XT_MEDIA_TYPE']);
    expect(made()).toBe(before);
  });

  it.each(['application/octet-stream', 'application/x-ndjson'])('is refused as %s, where a key would be taken with it', async (type) => {
    const headers = { cookie, origin: `http://${host}`, 'content-type': type };
    const answer = await ask(`${server.url}api/v1/events`, { method: 'POST', headers, body: '{}' });
    expect([answer.status, codeOf(answer)]).toEqual([415, 'XT_MEDIA_TYPE']);
  });

  it('needs no body where there is none', async () => {
    const { id } = keys.create({ name: 'gone', scope: 'read' });
    const answer = await ask(`${server.url}api/v1/api-keys/${id}`, { method: 'DELETE', headers: { cookie, origin: `http://${host}` } });
    expect(answer.status).toBe(204);
  });
});

describe('a key as bearer', () => {
  it('needs no origin: no browser sends it by itself', async () => {
    expect((await change({ ...bearer, ...json })).status).toBe(201);
  });

  it('is taken in place of a cookie, and a wrong one is not made good by it', async () => {
    expect((await info({ cookie, authorization: 'Bearer nonsense' })).status).toBe(401);
    expect((await info({ cookie, authorization: 'Basic eDp5' })).status).toBe(401);
  });
});
