// The server inside an application that was there before.

import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, codeOf } from '../../../test/support/http.js';
import { XTrack } from '../../xtrack.js';
import { type PluginOptions, type Principal, xtrackPlugin } from '../index.js';
import { KeyRing } from './access/keys.js';

const PEOPLE: Readonly<Record<string, Principal>> = {
  ada: { name: 'ada', grants: [{ scope: 'admin', experiment: null }] },
  bob: { name: 'bob', grants: [{ scope: 'view', experiment: 'digits' }] },
};

let xtrack: XTrack;
let app: FastifyInstance;
let url: string;
const keys = KeyRing.open(null);

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
});

afterEach(async () => {
  await app.close();
  await xtrack.close();
});

async function mount(options: PluginOptions): Promise<void> {
  app = Fastify({ forceCloseConnections: true });
  app.get('/own', async () => ({ own: true }));
  app.post('/own', async (request) => ({ got: request.body }));
  await app.register(xtrackPlugin(xtrack, { keys, ...options }));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
}

const get = async (path: string, headers: Record<string, string> = {}): Promise<Answer> => await ask(url + path, { headers });
const principalOf = ({ text }: Answer): unknown => (JSON.parse(text) as { principal: unknown }).principal;

describe('mounted in an application', () => {
  it('answers below its prefix, and leaves the rest as it was', async () => {
    await mount({ prefix: '/xtrack' });
    expect((await get('/xtrack/api/v1/health')).status).toBe(200);
    expect((await get('/api/v1/health')).status).toBe(404);
    expect(JSON.parse((await get('/xtrack/api/openapi.json')).text)).toMatchObject({ servers: [{ url: '/xtrack' }] });
    const own = await get('/own', { host: 'anything.example', origin: 'https://elsewhere.example' });
    expect([own.status, own.text, own.headers['content-security-policy']]).toEqual([200, '{"own":true}', undefined]);
    const posted = await ask(`${url}/own`, { method: 'POST', body: 'text', headers: { 'content-type': 'text/plain' } });
    expect(posted.text).toBe('{"got":"text"}');
    expect((await get('/nothing')).text).toContain('Route GET:/nothing not found');
    expect(codeOf(await get('/xtrack/api/nothing'))).toBe('XT_NOT_FOUND');
  });

  it('takes the application at its word who somebody is, and keys where it knows nobody', async () => {
    await mount({ authenticate: ({ headers }) => PEOPLE[String(headers['x-user'])] });
    expect(principalOf(await get('/api/v1/info', { 'x-user': 'ada' }))).toEqual(PEOPLE.ada);
    expect(principalOf(await get('/api/v1/info', { 'x-user': 'bob' }))).toEqual(PEOPLE.bob);
    expect(codeOf(await get('/api/v1/api-keys', { 'x-user': 'bob' }))).toBe('XT_FORBIDDEN');
    expect((await get('/api/v1/api-keys', { 'x-user': 'ada' })).status).toBe(200);
    expect(codeOf(await get('/api/v1/info', { 'x-user': 'eve' }))).toBe('XT_UNAUTHENTICATED');
    expect((await get('/api/v1/info', { authorization: `Bearer ${keys.firstToken}` })).status).toBe(200);
  });

  it('trusts no other site with what the application signs in by a cookie of its own', async () => {
    await mount({ authenticate: () => PEOPLE.ada });
    const make = async (headers: Record<string, string>): Promise<Answer> =>
      await ask(`${url}/api/v1/api-keys`, {
        method: 'POST',
        body: '{"name":"k","scope":"read"}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect(codeOf(await make({ origin: 'https://evil.example' }))).toBe('XT_ORIGIN');
    expect(codeOf(await make({ 'sec-fetch-site': 'cross-site' }))).toBe('XT_ORIGIN');
    expect(codeOf(await make({ origin: url, 'content-type': 'text/plain' }))).toBe('XT_MEDIA_TYPE');
    expect((await make({ origin: url })).status).toBe(201);
  });

  it("gives errors of the application's sign-in to nobody", async () => {
    await mount({
      authenticate: () => {
        throw new TypeError('the password of the database is hunter2');
      },
    });
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const answer = await get('/api/v1/info');
    expect([answer.status, codeOf(answer)]).toEqual([500, 'XT_INTERNAL']);
    expect(answer.text).not.toContain('hunter2');
    expect((await warned).message).toContain('hunter2');
  });
});
