// A control plane that starts on a disk without one free byte: it is there, it answers, it ends when it is told, and it goes on by itself.

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAIN, type Outcome, Started } from './cli-harness.js';
import { Peer } from './support/peer.js';
import { CAN_MOUNT, SmallDisk } from './support/small-disk.js';

const PATIENCE = { timeout: 60_000, interval: 50 };
const BALLAST = 'xtrack.ballast';

let disk: SmallDisk;
let started: Started[];

beforeEach(() => {
  started = [];
  if (CAN_MOUNT) disk = new SmallDisk(12);
});

afterEach(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGKILL');
    await ended;
  }
  if (CAN_MOUNT) disk.remove();
});

function xtrack(...args: string[]): Started {
  const process_ = new Started(process.execPath, [MAIN, ...args, '--data', disk.directory], { NO_COLOR: '1' });
  started.push(process_);
  return process_;
}

interface Serving {
  readonly server: Started;
  readonly port: number;
  readonly page: string;
}

async function serve(...args: string[]): Promise<Serving> {
  const server = xtrack('serve', '--json', '--port', '0', '--http-port', '0', ...args);
  await server.says(/\}\n/);
  const { tcp, http } = JSON.parse(server.stdout) as { tcp: { port: number }; http: { url: string } };
  return { server, port: tcp.port, page: http.url };
}

async function get<Body>({ page }: Serving, path: string): Promise<Body> {
  const headers = { authorization: `Bearer ${readFileSync(join(disk.directory, 'token'), 'utf8').trim()}` };
  return (await (await fetch(`${page}api/v1/${path}`, { headers })).json()) as Body;
}

async function worker({ port }: Serving, runId: string, incarnation = 'inc-1'): Promise<Peer> {
  const token = readFileSync(join(disk.directory, 'token'), 'utf8').trim();
  const peer = new Peer({ port }, { runId, incarnation, token });
  await peer.hello();
  return peer;
}

/** A control plane with a live run of 50 log lines, killed. */
async function killed(): Promise<void> {
  const serving = await serve();
  const peer = await worker(serving, 'live');
  peer.send({ type: 'run_start', name: 'live' });
  for (let line = 1; line <= 50; line += 1) peer.send({ type: 'log', level: 'info', message: `line ${line}` });
  await peer.acked(51);
  await expect.poll(() => existsSync(join(disk.directory, BALLAST)), PATIENCE).toBe(true);
  serving.server.child.kill('SIGKILL');
  await serving.server.ended;
  peer.close();
}

async function ended({ server }: Serving): Promise<Outcome & { readonly seconds: number }> {
  const since = performance.now();
  server.child.kill('SIGTERM');
  return { ...(await server.ended), seconds: (performance.now() - since) / 1_000 };
}

const cases = [
  ['with what a killed control plane left', { index: true, ballast: true }],
  ['without the index of the write-ahead log', { index: false, ballast: true }],
  ['with no ballast left', { index: true, ballast: false }],
  ['without that index, and with no ballast left', { index: false, ballast: false }],
] as const;

describe('a control plane that starts on a full disk', () => {
  it.skipIf(!CAN_MOUNT).each(cases)(
    '%s, is ready, says what is wrong, answers, takes what comes once there is room, and ends (needs root: a tmpfs)',
    { timeout: 240_000 },
    async (_, { index, ballast }) => {
      await killed();
      if (!index) rmSync(join(disk.directory, 'xtrack.db-shm'));
      if (!ballast) rmSync(join(disk.directory, BALLAST));
      disk.fill();
      expect(disk.free).toBe(0);
      const serving = await serve();
      expect(await get(serving, 'runs/live')).toMatchObject({ name: 'live' });
      const peer = await worker(serving, 'live', 'inc-2');
      peer.send({ type: 'run_start' });
      // More than was given up of the ballast.
      for (let line = 1; line <= 60; line += 1) peer.send({ type: 'log', level: 'info', message: randomBytes(30_000).toString('hex') });
      await expect
        .poll(() => get(serving, 'health'), PATIENCE)
        .toMatchObject({ status: 'degraded', reason: expect.stringContaining('the disk is full') });
      expect((await get<{ lines: unknown[] }>(serving, 'runs/live/logs?limit=100')).lines.length).toBeGreaterThanOrEqual(50);
      disk.empty();
      await expect.poll(() => peer.messages.some((message) => message.type === 'ack' && message.seq === 61), PATIENCE).toBe(true);
      await expect.poll(() => get(serving, 'health'), PATIENCE).toMatchObject({ status: 'ok', reason: null });
      await expect.poll(() => existsSync(join(disk.directory, BALLAST)), PATIENCE).toBe(true);
      peer.close();
      expect(await ended(serving)).toMatchObject({ code: 0 });
      expect(await xtrack('logs', 'live', '--json').ended).toMatchObject({ code: 0, stdout: expect.stringContaining('line 50') });
    },
  );

  it.skipIf(!CAN_MOUNT).each(cases)(
    '%s, ends within ten seconds of SIGTERM, and nothing acknowledged is lost (needs root: a tmpfs)',
    { timeout: 240_000 },
    async (_, { index, ballast }) => {
      await killed();
      if (!index) rmSync(join(disk.directory, 'xtrack.db-shm'));
      if (!ballast) rmSync(join(disk.directory, BALLAST));
      disk.fill();
      const outcome = await ended(await serve());
      expect(outcome).toMatchObject({ code: 0, signal: null });
      expect(outcome.seconds).toBeLessThan(10);
      disk.empty();
      const { stdout } = await xtrack('logs', 'live', '--json').ended;
      for (const line of [1, 25, 50]) expect(stdout).toContain(`"line ${line}"`);
    },
  );

  it.skipIf(!CAN_MOUNT)('answers `xtrack list` before, and leaves it the ballast (needs root: a tmpfs)', { timeout: 120_000 }, async () => {
    await killed();
    rmSync(join(disk.directory, 'xtrack.db-shm'));
    disk.fill();
    expect(await xtrack('list').ended).toMatchObject({ code: 0, stdout: expect.stringContaining('live') });
    expect(readdirSync(disk.directory)).toContain(BALLAST);
  });
});

describe('the ballast', () => {
  it.skipIf(!CAN_MOUNT)(
    'is a tenth of what is free at most, for its owner alone, and as small as asked (needs root: a tmpfs)',
    { timeout: 120_000 },
    async () => {
      const file = (): ReturnType<typeof statSync> => statSync(join(disk.directory, BALLAST), { throwIfNoEntry: false });
      await killed();
      expect(Number(file()?.mode) & 0o777).toBe(0o600);
      expect(file()?.size).toBeLessThanOrEqual(12 * 1024 * 1024 * 0.1);
      const serving = await serve('--ballast', '0.25');
      await expect.poll(() => file()?.size, PATIENCE).toBe(256 * 1024);
      await ended(serving);
      const without = await serve('--ballast', '0');
      await expect.poll(() => file(), PATIENCE).toBeUndefined();
      await ended(without);
    },
  );
});
