import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { XTrack } from '../../xtrack.js';
import { ControlClient } from './client.js';
import { type ControlServer, startControlServer } from './server.js';
import { MAX_LINE } from './wire.js';

let folder: string;
let path: string;
let xtrack: XTrack;
let server: ControlServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'control-'));
  path = join(folder, 'control.sock');
  xtrack = await XTrack.start({ store: 'memory' });
  server = await startControlServer(xtrack, path);
});

afterEach(async () => {
  await server.close();
  await xtrack.close();
  rmSync(folder, { recursive: true, force: true });
});

async function client(): Promise<ControlClient> {
  const connected = await ControlClient.connect(path);
  if (connected === undefined) throw new Error('nobody answers');
  return connected;
}

/** Everything that comes back for raw bytes until the server closes or `lines` lines are there. */
function raw(bytes: string | Buffer, lines = 1): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.split('\n').length > lines) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('the control channel', () => {
  it('answers a ping with the process and the data directory', async () => {
    const one = await client();
    expect(await one.call('ping', {})).toEqual({ pid: process.pid, directory: null });
    one.close();
  });

  it('runs a command for a client and streams it to the end', async () => {
    const one = await client();
    const items = await one.subscribe('r1', { types: ['run_changed', 'log'] });
    const run = await one.call('startRun', { command: process.execPath, args: ['-e', 'console.log("hi")'], runId: 'r1', tags: { a: 'b' } });
    expect(run).toMatchObject({ runId: 'r1', tags: { a: 'b' } });
    const logged: unknown[] = [];
    let status = '';
    for await (const item of items) {
      if (item.type === 'log') logged.push((item as unknown as { message: string }).message);
      if (item.type === 'run_changed') status = (item as unknown as { run: { status: string } }).run.status;
      if (status === 'completed') break;
    }
    expect(logged).toContain('hi');
    one.close();
  });

  it('starts a run with the system metrics that the client wants', async () => {
    const one = await client();
    const script = ['-e', 'setInterval(() => 0, 1000)'];
    const systemMetrics = { intervalMs: 20 };
    await one.call('startRun', { command: process.execPath, args: script, runId: 'r1', systemMetrics });
    const off = await one.call('startRun', { command: process.execPath, args: script, runId: 'r2', systemMetrics: false });
    await expect.poll(async () => (await xtrack.getRun('r1')).counts.metric_batch ?? 0).toBeGreaterThan(1);
    expect(await xtrack.getRun('r1')).toMatchObject({ process: { sampledEveryMs: 20 } });
    expect(off).toMatchObject({ process: expect.not.objectContaining({ sampledEveryMs: expect.anything() }) });
    const wrong = one.call('startRun', { command: 'true', systemMetrics: { intervalMs: '9' } } as never);
    await expect(wrong).rejects.toMatchObject({ code: 'XT_ARGUMENT' });
    await Promise.all(['r1', 'r2'].map((runId) => one.call('stopRun', { runId, graceMs: 0 })));
    one.close();
  });

  it('stops a run', async () => {
    const one = await client();
    await one.call('startRun', { command: process.execPath, args: ['-e', 'setInterval(() => 0, 1000)'], runId: 'r1' });
    expect(await one.call('stopRun', { runId: 'r1', graceMs: 2000 })).toMatchObject({ status: 'killed', exit: { signal: 'SIGTERM' } });
    one.close();
  });

  it('hands on the error that the control plane raised, with its code', async () => {
    const one = await client();
    await expect(one.call('deleteRun', { runId: 'nobody' })).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
    await expect(one.call('startRun', { command: '/does/not/exist' })).rejects.toMatchObject({ code: 'XT_SPAWN' });
    one.close();
  });

  it.each([
    ['no JSON', '{"id":1,\n', 0],
    ['no object', '[1]\n', 0],
    ['no id', '{"method":"ping"}\n', 0],
    ['an unknown method', '{"id":7,"method":"constructor"}\n', 7],
    ['a missing parameter', '{"id":8,"method":"stopRun","params":{}}\n', 8],
    ['a parameter of the wrong type', '{"id":9,"method":"startRun","params":{"command":["a"]}}\n', 9],
  ])('refuses %s with XT_ARGUMENT and goes on', async (_what, line, id) => {
    const answers = (await raw(`${line}{"id":100,"method":"ping"}\n`, 2))
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(answers).toContainEqual(expect.objectContaining({ id, error: expect.objectContaining({ code: 'XT_ARGUMENT' }) }));
    expect(answers).toContainEqual(expect.objectContaining({ id: 100, result: expect.objectContaining({ pid: process.pid }) }));
  });

  it('closes on a line past the limit, and serves others on', async () => {
    expect(await raw(Buffer.alloc(MAX_LINE + 1, 'x'))).toBe('');
    const one = await client();
    expect(await one.call('ping', {})).toMatchObject({ pid: process.pid });
    one.close();
  });

  it('ends a subscription of a client that goes away, and the client hears when the server does', async () => {
    const [one, two] = [await client(), await client()];
    const abandoned = await one.subscribe('*');
    const kept = await two.subscribe('*');
    one.close();
    expect(await abandoned.next()).toEqual({ done: true, value: undefined });
    await server.close();
    expect(await kept.next()).toEqual({ done: true, value: undefined });
    await expect(two.call('ping', {})).rejects.toMatchObject({ code: 'XT_CLOSED' });
  });

  it('ends a subscription on abort and keeps the connection', async () => {
    const one = await client();
    const stop = new AbortController();
    const items = await one.subscribe('*', { signal: stop.signal });
    stop.abort();
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(await one.call('ping', {})).toMatchObject({ pid: process.pid });
    one.close();
  });
});

describe('the socket file', () => {
  it('can be opened by its owner alone, and is gone after close', async () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it('is not taken from a server that answers', async () => {
    await expect(startControlServer(xtrack, path)).rejects.toMatchObject({ code: 'XT_LISTEN' });
    const one = await client();
    expect(await one.call('ping', {})).toMatchObject({ pid: process.pid });
    one.close();
  });

  it('is replaced when nobody answers on it', async () => {
    const stale = join(folder, 'stale.sock');
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(join(folder, 'dead.sock'), resolve));
    renameSync(join(folder, 'dead.sock'), stale);
    await new Promise((resolve) => dead.close(resolve));
    expect(existsSync(stale)).toBe(true);
    const second = await startControlServer(xtrack, stale);
    expect(await ControlClient.connect(stale)).toBeDefined();
    await second.close();
  });

  it('is given to one of many servers that start at once beside a stale file', async () => {
    const contested = join(folder, 'contested.sock');
    writeFileSync(contested, '');
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => startControlServer(xtrack, contested)));
    const winners = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const winner of winners) await winner.value.close();
  });

  it('must have a path that the kernel takes whole', async () => {
    await expect(startControlServer(xtrack, join(folder, 'x'.repeat(120)))).rejects.toMatchObject({ code: 'XT_LISTEN' });
  });
});

describe('typed events', () => {
  it('cross the channel unchanged, with non-finite numbers and keys that are names of the prototype', async () => {
    const base = { runId: 'r', worker: '', incarnation: '', seq: 1, ts: 1 };
    const metric = { ...base, type: 'metric', key: '__proto__', value: Number.NaN };
    const batch = {
      ...base,
      type: 'metric_batch',
      metrics: new Map([
        ['__proto__', Number.POSITIVE_INFINITY],
        ['b', 1.5],
      ]),
    };
    const end = { ...base, type: 'run_end', status: 'completed', finalMetrics: { a: Number.NEGATIVE_INFINITY } };
    const sent = [metric, batch, end];
    const source = {
      directory: null,
      startRun: async () => ({}),
      beginStop: async () => ({ ended: Promise.resolve({}) }),
      issueCommand: async () => ({ record: {} }),
      sendCommand: async () => ({}),
      isReachable: () => true,
      updateRun: async () => ({}),
      deleteRun: async () => undefined,
      restoreRun: async () => ({}),
      purgeRun: async () => undefined,
      subscribe: async function* () {
        yield* sent;
      },
    };
    const other = await startControlServer(source, join(folder, 'items.sock'));
    const one = await ControlClient.connect(other.path);
    const received: unknown[] = [];
    for await (const item of (await one?.subscribe('*')) ?? []) received.push(item);
    expect(received).toEqual(sent);
    one?.close();
    await other.close();
  });
});
