import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../../../../test/support/peer.js';
import type { JsonValue } from '../../../protocol/index.js';
import { XTrack } from '../../../xtrack.js';
import { KeyRing } from '../access/keys.js';
import { type HttpServer, startHttpServer } from '../app.js';

let xtrack: XTrack;
let server: HttpServer;
let keys: KeyRing;
let peer: Peer;
let port: number;

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  keys = KeyRing.open(null);
  server = await startHttpServer(xtrack, { port: 0, keys });
  const tcp = await xtrack.startTcpServer({ port: 0 });
  port = tcp.port;
  peer = new Peer({ port }, { runId: 'a' });
  await peer.hello();
  peer.send({ type: 'run_start', experimentId: 'digits' });
  await peer.acked(1);
});

afterEach(async () => {
  peer.close();
  await server.close();
  await xtrack.close();
});

type Json = Readonly<Record<string, unknown>>;

async function ask(method: 'GET' | 'POST', path: string, body?: unknown, key = keys.firstToken): Promise<{ status: number; body: Json }> {
  const headers = { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
  const response = await fetch(`${server.url}api/v1/runs/${path}`, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

/** Answers the next command as a worker does. */
async function answer(result: { status: 'ok' | 'error'; result?: JsonValue; error?: string }): Promise<string> {
  const { commandId } = await peer.command();
  peer.send({ type: 'command_result', commandId, ...result });
  await peer.acked(peer.seq);
  return commandId;
}

describe('a command over HTTP (SEC-18)', () => {
  it('is answered with its record at once, and is found with its answer later', async () => {
    const { key } = keys.create({ name: 'ada', scope: 'write', experiment: 'digits' });
    const given = await ask('POST', 'a/commands', { type: 'adjust_lr', payload: { lr: 0.01 } }, key);
    expect(given.status).toBe(202);
    expect(given.body).toMatchObject({
      runId: 'a',
      command: 'adjust_lr',
      payload: { lr: 0.01 },
      issuedBy: 'ada',
      status: 'sent',
      answeredAt: null,
    });
    expect(await answer({ status: 'ok', result: { lr: { old: 0.1, new: 0.01 } } })).toBe(given.body.commandId);
    const final = async (): Promise<Json> => ((await ask('GET', 'a/commands')).body as unknown as Json[])[0] as Json;
    while ((await final()).status === 'sent');
    expect(await final()).toMatchObject({ status: 'ok', result: { lr: { old: 0.1, new: 0.01 } } });
  });

  it('is waited for where that is asked', async () => {
    const given = ask('POST', 'a/commands?wait=1', { type: 'checkpoint_now' });
    await answer({ status: 'error', error: 'the disk is full' });
    expect(await given).toMatchObject({ status: 200, body: { status: 'error', error: 'the disk is full' } });
  });

  it('arrives at once where the run says that it is reachable, and not where its worker is gone', async () => {
    const reachable = async (): Promise<unknown> => (await ask('GET', 'a')).body.reachable;
    expect(await reachable()).toBe(true);
    peer.close();
    while ((await reachable()) === true);
    expect((await ask('GET', 'a')).body).toMatchObject({ live: true, reachable: false });
  });

  it('expires when it was said to', async () => {
    const given = await ask('POST', 'a/commands?wait=1', { type: 'pause', expiresInMs: 1_000 });
    expect(given).toMatchObject({ status: 200, body: { status: 'expired' } });
  });

  it.each([
    ['adjust_lr', undefined],
    ['adjust_lr', {}],
    ['adjust_lr', { lr: 0.1, factor: 2 }],
    ['adjust_lr', { lr: -1 }],
    ['adjust_lr', { lr: '0.1' }],
    ['update_params', {}],
    ['update_params', { params: {} }],
    ['custom', { other: 1 }],
    ['custom', { name: '' }],
    ['custom', { name: 'x', text: 'x'.repeat(65_536) }],
    ['custom', { name: 'x', deep: Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 1) }],
    ['explode', {}],
    ['pause', 'now'],
  ])('that makes no sense is refused before anybody hears of it: %s %j', async (type, payload) => {
    const { status, body } = await ask('POST', 'a/commands', { type, ...(payload !== undefined && { payload }) });
    expect([status, body.code]).toEqual([400, expect.stringMatching(/^XT_(ARGUMENT|FIELD_LIMIT)$/)]);
    expect(await xtrack.getCommands('a')).toEqual([]);
  });

  it.each([
    ['adjust_lr', { factor: 0.5 }],
    ['update_params', { temperature: 0.7 }],
    ['update_params', { params: { temperature: 0.7 } }],
    ['custom', { name: 'shuffle', seed: [1, 2] }],
    ['resume', undefined],
  ])('reaches the worker as it was given: %s %j', async (type, payload) => {
    expect((await ask('POST', 'a/commands', { type, ...(payload !== undefined && { payload }) })).status).toBe(202);
    expect(await peer.command()).toMatchObject({ command: type, payload: payload ?? {}, by: 'owner' });
  });

  it('needs a key that writes to the experiment', async () => {
    const viewer = keys.create({ name: 'viewer', scope: 'read', experiment: 'digits' }).key;
    const other = keys.create({ name: 'other', scope: 'write', experiment: 'faces' }).key;
    expect((await ask('POST', 'a/commands', { type: 'pause' }, viewer)).status).toBe(403);
    expect((await ask('POST', 'a/commands', { type: 'pause' }, other)).status).toBe(404);
    expect((await ask('POST', 'a/stop', {}, viewer)).status).toBe(403);
    expect((await ask('GET', 'a/commands', undefined, viewer)).status).toBe(200);
  });

  it('is one of a bounded number in a while', async () => {
    const given = await Promise.all(Array.from({ length: 110 }, () => ask('POST', 'a/commands', { type: 'pause' })));
    const statuses = given.map(({ status }) => status);
    expect([statuses.filter((status) => status === 202).length, statuses.filter((status) => status === 429).length]).toEqual([100, 10]);
  });

  it('is heard again by a worker that comes back without having answered, and never once it was answered or has expired', async () => {
    const [first, second] = [await ask('POST', 'a/commands', { type: 'pause' }), await ask('POST', 'a/commands', { type: 'resume' })];
    const dead = await ask('POST', 'a/commands?wait=1', { type: 'checkpoint_now', expiresInMs: 1_000 });
    expect(dead.body.status).toBe('expired');
    await answer({ status: 'ok' });
    peer.close();
    const again = new Peer({ port }, { runId: 'a' });
    await again.hello();
    await again.command();
    again.send({ type: 'log', level: 'info', message: 'back' }, peer.seq + 1);
    await again.acked(peer.seq + 1);
    const heard = again.messages.flatMap((message) => (message.type === 'command' ? [message.commandId] : []));
    expect(heard).toEqual([second.body.commandId]);
    // A late or repeated answer changes nothing.
    again.send({ type: 'command_result', commandId: String(first.body.commandId), status: 'error', error: 'replayed' });
    again.send({ type: 'command_result', commandId: String(dead.body.commandId), status: 'ok' });
    await again.acked(again.seq);
    const kept = (await ask('GET', 'a/commands')).body as unknown as Json[];
    expect(kept.map(({ status }) => status)).toEqual(['ok', 'sent', 'expired']);
    again.close();
  });

  it('is refused where the run is over, as is its stop', async () => {
    peer.send({ type: 'run_end', status: 'completed' });
    await peer.acked(peer.seq);
    expect(await ask('POST', 'a/commands', { type: 'pause' })).toMatchObject({ status: 409, body: { code: 'XT_RUN_NOT_LIVE' } });
    expect(await ask('POST', 'a/stop', {})).toMatchObject({ status: 409, body: { code: 'XT_RUN_NOT_LIVE' } });
  });
});

describe('the stop of a run', () => {
  it('is under way when the answer comes, in the name of who asked', async () => {
    const given = await ask('POST', 'a/stop', { graceMs: 60_000 });
    expect(given).toEqual({ status: 202, body: { runId: 'a' } });
    expect(await peer.command()).toMatchObject({ command: 'stop', by: 'owner' });
    peer.send({ type: 'run_end', status: 'killed' });
    expect((await xtrack.waitForRun('a')).status).toBe('killed');
  });
});

describe('what may be changed', () => {
  it('is told with its present value, and every change with who asked for it', async () => {
    peer.send({ type: 'knob', name: 'lr', value: 0.1, min: 0, max: 1, scale: 'log' });
    peer.send({ type: 'change', name: 'lr', value: 0.01, previous: 0.1, step: 7, by: 'ada' });
    await peer.acked(peer.seq);
    expect((await ask('GET', 'a/knobs')).body).toMatchObject([{ type: 'knob', name: 'lr', value: 0.01, min: 0, max: 1, scale: 'log' }]);
    expect((await ask('GET', 'a/changes')).body).toMatchObject([
      { type: 'change', name: 'lr', value: 0.01, previous: 0.1, step: 7, by: 'ada' },
    ]);
  });
});
