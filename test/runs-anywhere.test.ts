// Two control planes on one data directory: a run whose process lives is held by the other one, and whoever deletes, restores, purges or
// renames it here, over HTTP, the command line or by the clean-up, has its holder do it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../src/server/control/client.js';
import { KeyRing } from '../src/server/http/access/keys.js';
import { type HttpServer, startHttpServer } from '../src/server/http/app.js';
import { XTrack } from '../src/xtrack.js';
import { CommandLine } from './cli-harness.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const PLANE = fileURLToPath(new URL('faults/second-plane.mjs', import.meta.url));
const LIMIT_MS = 60_000;
const WORKER = `
import os
from xtrack import Tracker
run = Tracker().start_run()
run.log_metric("loss", 1.0, step=0)
run.flush()
os._exit(0)
`;

type Json = Readonly<Record<string, unknown>>;

let cli: CommandLine;
let xtrack: XTrack | undefined;
let server: HttpServer | undefined;
let plane: ChildProcess | undefined;
let headers: Record<string, string>;

beforeEach(async () => {
  cli = new CommandLine();
  [xtrack, server, plane] = [undefined, undefined, undefined];
  // A process whose worker is gone, and its control plane, too: the next one finds it, and waits.
  cli.with({ PYTHONPATH: PYTHON_PACKAGE });
  const script = `${PYTHON} -c '${WORKER}'; echo alive; exec sleep 1000`;
  const first = cli.start('run', '--run-id', 'theirs', '--no-system-metrics', '--', 'sh', '-c', script);
  await first.says(/alive/);
  first.child.kill('SIGKILL');
  await first.ended.catch(() => undefined);
});

afterEach(async () => {
  plane?.kill('SIGKILL');
  await server?.close();
  await xtrack?.close();
  cli.remove();
});

/** A second control plane, in this process, with its page. */
async function openHere(): Promise<void> {
  xtrack = await XTrack.start({ directory: cli.directory });
  const keys = KeyRing.open(null);
  server = await startHttpServer(xtrack, { port: 0, keys });
  headers = { authorization: `Bearer ${keys.firstToken}` };
  expect(await xtrack.getRun('theirs')).toMatchObject({ status: 'interrupted' });
}

async function ask(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: Json }> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } };
  const response = await fetch(`${server?.url}api/v1/runs/${path}`, { method, headers, ...sent });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Json) };
}

describe('a run that another control plane holds and that can be asked', () => {
  let owner: ControlClient;
  let said: string[];

  /** What the holder has said of its run since: it said it only if it did it itself. */
  const holderSays = (type: string): Promise<void> => expect.poll(() => said, { timeout: LIMIT_MS / 2 }).toContain(type);

  beforeEach(async () => {
    const serving = cli.start('serve', '--json', '--no-tcp', '--no-http');
    await serving.says(/\}\n/);
    owner = (await ControlClient.connect(`${cli.directory}/control.sock`)) as ControlClient;
    said = [];
    const items = await owner.subscribe('theirs', { types: ['run_deleted', 'run_changed', 'tags'] });
    void (async () => {
      for await (const { type } of items) said.push(type);
    })();
    await openHere();
  }, LIMIT_MS);

  afterEach(() => owner.close());

  it('is deleted, restored, renamed and purged over HTTP by its holder', { timeout: LIMIT_MS }, async () => {
    expect(await ask('DELETE', 'theirs')).toMatchObject({ status: 204 });
    await holderSays('run_deleted');
    expect(await ask('POST', 'theirs/restore')).toMatchObject({ status: 200, body: { runId: 'theirs', deletedAt: null } });
    await holderSays('run_changed');
    expect(await ask('PATCH', 'theirs', { name: 'renamed', notes: 'n' })).toMatchObject({ status: 200, body: { name: 'renamed' } });
    await holderSays('tags');
    said.length = 0;
    expect(await ask('POST', 'theirs/purge')).toMatchObject({ status: 204 });
    await holderSays('run_deleted');
    expect(await ask('GET', 'theirs')).toMatchObject({ status: 404 });
  });

  it('is changed with many others at once by its holder', { timeout: LIMIT_MS }, async () => {
    for (const action of ['delete', 'restore', 'purge']) {
      said.length = 0;
      const done = await ask('POST', 'bulk', { action, runIds: ['theirs'] });
      expect(done.body).toEqual({ results: [{ runId: 'theirs', ok: true }] });
      await holderSays(action === 'restore' ? 'run_changed' : 'run_deleted');
    }
  });

  it('is deleted, restored and removed for good from the command line by its holder', { timeout: LIMIT_MS }, async () => {
    expect(await cli.json('delete', 'theirs')).toEqual({ trashed: ['theirs'] });
    await holderSays('run_deleted');
    expect(await cli.json('restore', 'theirs')).toEqual({ restored: ['theirs'] });
    await holderSays('run_changed');
    said.length = 0;
    await cli.json('delete', 'theirs');
    said.length = 0;
    expect(await cli.json('gc', '--trash-days', '0')).toMatchObject({ purge: [{ runId: 'theirs' }], refused: [] });
    await holderSays('run_deleted');
    expect(await cli.run('show', 'theirs')).toMatchObject({ stderr: expect.stringContaining('XT_RUN_NOT_FOUND') });
  });
});

it('a run whose holder cannot be asked is left alone', { timeout: LIMIT_MS }, async () => {
  plane = spawn(process.execPath, [PLANE, DIST, cli.directory, ''], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(plane.stdout as NonNullable<typeof plane.stdout>, 'data');
  await openHere();
  const owned = { status: 409, body: { code: 'XT_RUN_OWNED' } };
  expect(await ask('DELETE', 'theirs')).toMatchObject(owned);
  expect(await ask('POST', 'theirs/restore')).toMatchObject(owned);
  expect(await ask('POST', 'theirs/purge')).toMatchObject(owned);
  expect((await ask('POST', 'bulk', { action: 'purge', runIds: ['theirs'] })).body).toMatchObject({
    results: [{ ok: false, error: { code: 'XT_RUN_OWNED' } }],
  });
  const purged = await cli.run('delete', 'theirs', '--purge', '--yes');
  expect(purged).toMatchObject({ code: expect.not.stringMatching(/^0$/), stderr: expect.stringContaining('XT_RUN_OWNED') });
  expect(await xtrack?.getRun('theirs')).toMatchObject({ status: 'interrupted', deletedAt: null });
});
