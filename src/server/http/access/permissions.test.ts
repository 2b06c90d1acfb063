// Who may do what, over every route that there is: the same question asked of each, and the answers compared with a table of its own.

import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, codeOf } from '../../../../test/support/http.js';
import { XTrack } from '../../../xtrack.js';
import { type HttpServer, startHttpServer } from '../app.js';
import { pathOf } from '../documents/openapi.js';
import { tableOf, xtrackPlugin } from '../mount.js';
import type { Access, Route } from '../route.js';
import { KeyRing, type KeyScope } from './keys.js';

interface Caller {
  readonly name: string;
  readonly scope?: KeyScope;
  readonly experiment?: string;
  /** The run was opened to everybody. */
  readonly publicRun?: boolean;
}

const CALLERS: readonly Caller[] = [
  { name: 'no key' },
  { name: 'no key, a public run', publicRun: true },
  { name: 'an admin of another experiment', scope: 'admin', experiment: 'cats' },
  { name: 'an admin of another experiment, a public run', scope: 'admin', experiment: 'cats', publicRun: true },
  { name: 'a viewer', scope: 'read' },
  { name: 'a viewer of the experiment', scope: 'read', experiment: 'digits' },
  { name: 'a writer', scope: 'write' },
  { name: 'a writer of the experiment', scope: 'write', experiment: 'digits' },
  { name: 'an admin', scope: 'admin' },
  { name: 'an admin of the experiment', scope: 'admin', experiment: 'digits' },
];

type Verdict = 'passed' | 'XT_UNAUTHENTICATED' | 'XT_FORBIDDEN' | 'XT_RUN_NOT_FOUND';

const RANK = { none: 0, view: 1, write: 2, admin: 3 } as const;
const SCOPE_RANK = { read: 1, write: 2, admin: 3 } as const;

/** The rules once more, from the caller's side. */
function expected({ scope: needed, of }: Access, caller: Caller): Verdict {
  const held = caller.scope === undefined ? 0 : SCOPE_RANK[caller.scope];
  if (needed === 'none') return 'passed';
  if (of === 'run') return expectedOfRun(needed, held, caller);
  if (held >= RANK[needed] && (of === 'listed' || caller.experiment === undefined)) return 'passed';
  return held === 0 ? 'XT_UNAUTHENTICATED' : 'XT_FORBIDDEN';
}

function expectedOfRun(needed: 'view' | 'write' | 'admin', held: number, { experiment, publicRun }: Caller): Verdict {
  const inside = experiment !== 'cats';
  const sees = publicRun === true || (held > 0 && inside);
  if ((held >= RANK[needed] && inside) || (needed === 'view' && sees)) return 'passed';
  if (held === 0) return 'XT_UNAUTHENTICATED';
  return sees ? 'XT_FORBIDDEN' : 'XT_RUN_NOT_FOUND';
}

const ROUTES = tableOf('');
const names = ROUTES.map((one) => `${one.method} ${pathOf(one)}`);

let xtrack: XTrack;
let server: HttpServer;
const tokens = new Map<string, string>();

beforeAll(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  const keys = KeyRing.open(null);
  // Spawning is allowed, so that it is the scope that refuses.
  server = await startHttpServer(xtrack, { port: 0, keys, allowSpawn: true, rates: { requests: 1_000_000, failures: 1_000_000 } });
  for (const { name, scope, experiment } of CALLERS)
    if (scope !== undefined) tokens.set(name, keys.create({ name, scope, experiment }).key);
  await seed(keys.firstToken);
});

afterAll(async () => {
  await server.close();
  await xtrack.close();
});

/** A run of its own for each question: some of the answers delete it. */
const runOf = (route: number, caller: number): string => `run-${route}-${caller}`;

async function seed(key: string): Promise<void> {
  const lines: string[] = [];
  const open: string[] = [];
  for (const [at, { access }] of ROUTES.entries()) {
    for (const [who, { publicRun }] of CALLERS.entries()) {
      if (access.of !== 'run') continue;
      const runId = runOf(at, who);
      const envelope = (seq: number, t: string, p: object): string => JSON.stringify({ v: 1, t, m: { seq, ts: seq, run: runId }, p });
      lines.push(
        envelope(1, 'run_start', { run_id: { id: runId, exp_id: 'digits' } }),
        envelope(2, 'run_end', { run_id: runId, status: 'completed' }),
      );
      if (publicRun === true) open.push(runId);
    }
  }
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' };
  const taken = await ask(`${server.url}api/v1/events`, { method: 'POST', headers, body: lines.join('\n') });
  expect(JSON.parse(taken.text)).toMatchObject({ accepted: lines.length, refusedCount: 0 });
  for (const runId of open) await xtrack.updateRun(runId, { public: true });
}

async function call(one: Route, runId: string, caller: Caller): Promise<Answer> {
  const token = tokens.get(caller.name);
  const path = pathOf(one).replace(':runId', runId).replace(/:\w+/g, 'x');
  // A body that no route takes: whoever is let in is refused for it, and nothing is done.
  const body = one.method === 'GET' || (one.body === undefined && one.takes === undefined) ? undefined : '"';
  return await ask(server.url + path.slice(1), {
    method: one.method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  });
}

/** What would say that the question never reached its route. */
const ASTRAY = ['XT_METHOD', 'XT_HOST', 'XT_RATE_LIMIT', 'XT_INTERNAL'];

function verdictOf(answer: Answer): Verdict {
  const code = codeOf(answer);
  expect(ASTRAY).not.toContain(code);
  return code === 'XT_UNAUTHENTICATED' || code === 'XT_FORBIDDEN' || code === 'XT_RUN_NOT_FOUND' ? code : 'passed';
}

describe('the table of routes (SEC-6)', () => {
  it('is what the server answers, and nothing else but the files of the page', async () => {
    const registered: string[] = [];
    const app = Fastify();
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) if (one !== 'HEAD') registered.push(`${one} ${url}`);
    });
    await app.register(xtrackPlugin(xtrack));
    await app.ready();
    await app.close();
    expect(registered.filter((name) => !/^GET \/(assets\/)?\*$/.test(name)).sort()).toEqual([...names].sort());
    expect(new Set(names).size).toBe(names.length);
  });

  it('lets nobody in without a key but to its health, its documents, its door, and the stream of public runs', () => {
    const open = ROUTES.filter(({ access }) => access.scope === 'none').map((one) => `${one.method} ${pathOf(one)}`);
    // The stream leaves out by itself what the caller may not see.
    expect(open.sort()).toEqual(
      [
        'DELETE /api/v1/session',
        'GET /api/docs',
        'GET /api/docs.css',
        'GET /api/openapi.json',
        'GET /api/v1/events',
        'GET /api/v1/health',
        'POST /api/v1/session',
      ].sort(),
    );
  });

  it('asks for more than a view wherever something changes', () => {
    const changing = ROUTES.filter(({ method, access }) => method !== 'GET' && access.scope === 'view');
    // Questions whose words do not fit into an address.
    expect(changing.map(pathOf).sort()).toEqual(VIEWING_POSTS);
  });
});

const VIEWING_POSTS = ['/api/v1/compare', '/api/v1/compare/groups', '/api/v1/runs/:runId/embed', '/api/v1/series'];

describe.each(names.map((name, at) => [name, at] as const))('%s', (_name, at) => {
  const one = ROUTES[at] as Route;

  it('answers each caller as the rules say', async () => {
    const verdicts: Record<string, Verdict> = {};
    const wanted: Record<string, Verdict> = {};
    for (const [who, caller] of CALLERS.entries()) {
      verdicts[caller.name] = verdictOf(await call(one, runOf(at, who), caller));
      // To sign in is to show a key.
      const needsKey = pathOf(one).endsWith('/session') && one.method === 'POST' && caller.scope === undefined;
      wanted[caller.name] = needsKey ? 'XT_UNAUTHENTICATED' : expected(one.access, caller);
    }
    expect(verdicts).toEqual(wanted);
  });

  it('refuses a key that is none, whatever it asks for', async () => {
    const headers = { authorization: `Bearer xtk_${'0'.repeat(55)}` };
    const path = pathOf(one).replace(/:\w+/g, 'x').slice(1);
    const answer = await ask(server.url + path, { method: one.method, headers });
    expect(answer.status).toBe(401);
    expect(codeOf(answer)).toBe('XT_UNAUTHENTICATED');
  });
});

describe('a route', () => {
  it('of a run tells a stranger the same of one that is there and of one that is not', async () => {
    const viewer = CALLERS.findIndex(({ name }) => name === 'a viewer');
    for (const caller of CALLERS.filter(({ name }) => ['no key', 'an admin of another experiment'].includes(name)))
      for (const [at, one] of ROUTES.entries()) {
        if (one.access.of !== 'run') continue;
        const [there, nowhere] = [await call(one, runOf(at, viewer), caller), await call(one, 'nowhere', caller)];
        const said = ({ status, text }: Answer, runId: string): string => `${status} ${text.replaceAll(runId, 'RUN')}`;
        expect(said(there, runOf(at, viewer)), pathOf(one)).toBe(said(nowhere, 'nowhere'));
      }
  });

  it('that does not say who may use it does not start', async () => {
    const app = Fastify();
    const silent = { ...(ROUTES[0] as Route), access: undefined } as unknown as Route;
    const { registerApi } = await import('../plugin.js');
    const services = {} as never;
    const sites = { hosts: [], origins: [] };
    await expect(registerApi(app, { xtrack, services, sites, routes: [silent] })).rejects.toMatchObject({
      code: 'XT_ARGUMENT',
      field: 'access',
    });
    await app.close();
  });
});
