import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStream } from '../../../../test/support/event-stream.js';
import { ask, codeOf } from '../../../../test/support/http.js';
import { XTrack } from '../../../xtrack.js';
import { type HttpServer, startHttpServer } from '../app.js';
import { KeyRing } from './keys.js';

let xtrack: XTrack;
let server: HttpServer;
const keys = KeyRing.open(null);

beforeAll(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  server = await startHttpServer(xtrack, { port: 0, keys });
});

afterAll(async () => {
  await server.close();
  await xtrack.close();
});

async function signIn(key: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await ask(`${server.url}api/v1/session`, { method: 'POST', headers: { authorization: `Bearer ${key}`, ...headers } });
  expect(answer.status).toBe(204);
  return answer.headers['set-cookie']?.[0] ?? '';
}

const info = async (cookie: string): Promise<{ status: number; name?: string }> => {
  const { status, text } = await ask(`${server.url}api/v1/info`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
  return status === 200 ? { status, name: (JSON.parse(text) as { principal: { name: string } }).principal.name } : { status };
};

describe('signing in', () => {
  it('by the printed address gives a cookie that no script reads and no other site sends', async () => {
    const key = server.signInUrl.split('#token=')[1] ?? '';
    const cookie = await signIn(key);
    expect(cookie.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Strict']);
    expect(cookie).not.toContain(key.slice(16));
    expect(await info(cookie)).toEqual({ status: 200, name: 'owner' });
  });

  it('behind something that encrypts gives one that never travels in the open', async () => {
    const headers = { origin: 'https://127.0.0.1', host: `127.0.0.1:${server.port}` };
    // Another port than ours is another site; over TLS the name alone is.
    expect(codeOf(await ask(`${server.url}api/v1/session`, { method: 'POST', headers }))).toBe('XT_ORIGIN');
    expect(await signIn(keys.firstToken, { origin: `https://127.0.0.1:${server.port}` })).toContain('; Secure');
  });

  it('ends when its key is revoked, and by signing out', async () => {
    const { key, id } = keys.create({ name: 'ada', scope: 'read' });
    const cookie = await signIn(key);
    expect(await info(cookie)).toEqual({ status: 200, name: 'ada' });
    keys.revoke(id);
    expect(await info(cookie)).toEqual({ status: 401 });
    const out = await ask(`${server.url}api/v1/session`, { method: 'DELETE' });
    expect(out.status).toBe(204);
    expect(out.headers['set-cookie']?.[0]).toMatch(/^xtrack_session_[\w-]{8}=; .*Expires=Thu, 01 Jan 1970/);
  });

  it('ends with its key in the links to embed a run that it made, and in their streams', async () => {
    const { key, id } = keys.create({ name: 'eve', scope: 'read' });
    const post = { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: '{}' };
    await xtrack.startCollector('shown');
    const made = await ask(`${server.url}api/v1/runs/shown/embed`, post);
    const headers = { authorization: `Bearer ${(JSON.parse(made.text) as { url: string }).url.split('#embed=')[1]}` };
    expect((await ask(`${server.url}api/v1/runs/shown`, { headers })).status).toBe(200);
    const stream = await EventStream.open(`${server.url}api/v1/events?runs=shown`, headers);
    expect(stream.status).toBe(200);
    keys.revoke(id);
    expect(codeOf(await ask(`${server.url}api/v1/runs/shown`, { headers }))).toBe('XT_UNAUTHENTICATED');
    await stream.waitFor(() => stream.closed);
  });

  it('to one server signs nobody out of another on the same host: a browser sends the cookies of a host to all its ports', async () => {
    const other = await startHttpServer(xtrack, { port: 0, keys: KeyRing.open(null) });
    try {
      const own = (await signIn(keys.firstToken)).split(';')[0] ?? '';
      const headers = { authorization: `Bearer ${other.signInUrl.split('#token=')[1]}` };
      const answer = await ask(`${other.url}api/v1/session`, { method: 'POST', headers });
      const foreign = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
      expect(foreign.split('=')[0]).not.toBe(own.split('=')[0]);
      for (const url of [server.url, other.url])
        expect((await ask(`${url}api/v1/info`, { headers: { cookie: `${own}; ${foreign}` } })).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it('needs a key, not another session', async () => {
    const cookie = (await signIn(keys.firstToken)).split(';')[0] ?? '';
    const headers = { cookie, origin: `http://127.0.0.1:${server.port}` };
    expect((await ask(`${server.url}api/v1/session`, { method: 'POST', headers })).status).toBe(401);
    expect((await ask(`${server.url}api/v1/session`, { method: 'POST' })).status).toBe(401);
  });

  it('is forgotten where the cookie was tampered with', async () => {
    const cookie = (await signIn(keys.firstToken)).split(';')[0] ?? '';
    expect(await info(`${cookie}x`)).toEqual({ status: 401 });
    expect(await info(`${cookie.split('=')[0]}=`)).toEqual({ status: 401 });
  });
});
