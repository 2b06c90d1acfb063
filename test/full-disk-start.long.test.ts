// A control plane that starts on a disk without one free byte: it is there, it answers, it ends when it is told, and it goes on by itself.

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type ExpectStatic, it } from 'vitest';
import { MAIN, type Outcome, Started } from './cli-harness.js';
import { Peer } from './support/peer.js';
import { CAN_MOUNT, SmallDisk } from './support/small-disk.js';

const PATIENCE = { timeout: 60_000, interval: 50 };
const BALLAST = 'xtrack.ballast';

interface Serving {
  readonly server: Started;
  readonly port: number;
  readonly page: string;
}

/** A disk of its own, with whatever runs on it. */
class Place {
  readonly disk = new SmallDisk(12);
  readonly expect: ExpectStatic;
  readonly #started: Started[] = [];

  constructor(expect: ExpectStatic) {
    this.expect = expect;
  }

  async remove(): Promise<void> {
    for (const { child, ended } of this.#started) {
      child.kill('SIGKILL');
      await ended;
    }
    this.disk.remove();
  }

  file(name: string): string {
    return join(this.disk.directory, name);
  }

  xtrack(...args: string[]): Started {
    const started = new Started(process.execPath, [MAIN, ...args, '--data', this.disk.directory], { NO_COLOR: '1' });
    this.#started.push(started);
    return started;
  }

  async serve(...args: string[]): Promise<Serving> {
    const server = this.xtrack('serve', '--json', '--port', '0', '--http-port', '0', ...args);
    await server.says(/\}\n/);
    const { tcp, http } = JSON.parse(server.stdout) as { tcp: { port: number }; http: { url: string } };
    return { server, port: tcp.port, page: http.url };
  }

  get #token(): string {
    return readFileSync(this.file('token'), 'utf8').trim();
  }

  async get<Body>({ page }: Serving, path: string): Promise<Body> {
    return (await (await fetch(`${page}api/v1/${path}`, { headers: { authorization: `Bearer ${this.#token}` } })).json()) as Body;
  }

  async worker({ port }: Serving, runId: string, incarnation = 'inc-1'): Promise<Peer> {
    const peer = new Peer({ port }, { runId, incarnation, token: this.#token });
    await peer.hello();
    return peer;
  }

  /** A control plane with a live run of 50 log lines, killed. */
  async killed(): Promise<void> {
    const serving = await this.serve();
    const peer = await this.worker(serving, 'live');
    peer.send({ type: 'run_start', name: 'live' });
    for (let line = 1; line <= 50; line += 1) peer.send({ type: 'log', level: 'info', message: `line ${line}` });
    await peer.acked(51);
    await this.expect.poll(() => existsSync(this.file(BALLAST)), PATIENCE).toBe(true);
    serving.server.child.kill('SIGKILL');
    await serving.server.ended;
    peer.close();
  }

  /** The same, without what is left out, on a disk that has been filled since. */
  async full({ index, ballast }: { readonly index: boolean; readonly ballast: boolean }): Promise<void> {
    await this.killed();
    if (!index) rmSync(this.file('xtrack.db-shm'));
    if (!ballast) rmSync(this.file(BALLAST));
    this.disk.fill();
  }
}

async function ended({ server }: Serving): Promise<Outcome & { readonly seconds: number }> {
  const since = performance.now();
  server.child.kill('SIGTERM');
  return { ...(await server.ended), seconds: (performance.now() - since) / 1_000 };
}

async function onDisk(expect: ExpectStatic, use: (place: Place) => Promise<void>): Promise<void> {
  const place = new Place(expect);
  try {
    await use(place);
  } finally {
    await place.remove();
  }
}

const cases = [
  ['with what a killed control plane left', { index: true, ballast: true }],
  ['without the index of the write-ahead log', { index: false, ballast: true }],
  ['with no ballast left', { index: true, ballast: false }],
  ['without that index, and with no ballast left', { index: false, ballast: false }],
] as const;

// Side by side: they wait most of the time, each for a control plane that waits for room.
describe.concurrent('a control plane that starts on a full disk', () => {
  const test = it.skipIf(!CAN_MOUNT);

  for (const [name, left] of cases) {
    test(
      `${name}, is ready, says what is wrong, answers, takes what comes once there is room, and ends (needs root: a tmpfs)`,
      { timeout: 240_000 },
      ({ expect }) =>
        onDisk(expect, async (place) => {
          await place.full(left);
          expect(place.disk.free).toBe(0);
          const serving = await place.serve();
          expect(await place.get(serving, 'runs/live')).toMatchObject({ name: 'live' });
          const peer = await place.worker(serving, 'live', 'inc-2');
          peer.send({ type: 'run_start' });
          // More than was given up of the ballast.
          for (let line = 1; line <= 60; line += 1) peer.send({ type: 'log', level: 'info', message: randomBytes(30_000).toString('hex') });
          await expect
            .poll(() => place.get(serving, 'health'), PATIENCE)
            .toMatchObject({ status: 'degraded', reason: expect.stringContaining('the disk is full') });
          expect((await place.get<{ lines: unknown[] }>(serving, 'runs/live/logs?limit=100')).lines.length).toBeGreaterThanOrEqual(50);
          place.disk.empty();
          await expect.poll(() => peer.messages.some((message) => message.type === 'ack' && message.seq === 61), PATIENCE).toBe(true);
          await expect.poll(() => place.get(serving, 'health'), PATIENCE).toMatchObject({ status: 'ok', reason: null });
          await expect.poll(() => existsSync(place.file(BALLAST)), PATIENCE).toBe(true);
          peer.close();
          expect(await ended(serving)).toMatchObject({ code: 0 });
          const logs = await place.xtrack('logs', 'live', '--json').ended;
          expect(logs).toMatchObject({ code: 0, stdout: expect.stringContaining('line 50') });
        }),
    );

    test(
      `${name}, ends within ten seconds of SIGTERM, and nothing acknowledged is lost (needs root: a tmpfs)`,
      { timeout: 240_000 },
      ({ expect }) =>
        onDisk(expect, async (place) => {
          await place.full(left);
          const outcome = await ended(await place.serve());
          expect(outcome).toMatchObject({ code: 0, signal: null });
          expect(outcome.seconds).toBeLessThan(10);
          place.disk.empty();
          const { stdout } = await place.xtrack('logs', 'live', '--json').ended;
          for (const line of [1, 25, 50]) expect(stdout).toContain(`"line ${line}"`);
        }),
    );
  }

  test('answers `xtrack list` before, and leaves it the ballast (needs root: a tmpfs)', ({ expect }) =>
    onDisk(expect, async (place) => {
      await place.full({ index: false, ballast: true });
      expect(await place.xtrack('list').ended).toMatchObject({ code: 0, stdout: expect.stringContaining('live') });
      expect(readdirSync(place.disk.directory)).toContain(BALLAST);
    }));
});

describe('the ballast', () => {
  it.skipIf(!CAN_MOUNT)(
    'is a tenth of what is free at most, for its owner alone, and as small as asked (needs root: a tmpfs)',
    ({ expect }) =>
      onDisk(expect, async (place) => {
        const file = (): ReturnType<typeof statSync> => statSync(place.file(BALLAST), { throwIfNoEntry: false });
        await place.killed();
        expect(Number(file()?.mode) & 0o777).toBe(0o600);
        expect(file()?.size).toBeLessThanOrEqual(12 * 1024 * 1024 * 0.1);
        const serving = await place.serve('--ballast', '0.25');
        await expect.poll(() => file()?.size, PATIENCE).toBe(256 * 1024);
        await ended(serving);
        const without = await place.serve('--ballast', '0');
        await expect.poll(() => file(), PATIENCE).toBeUndefined();
        await ended(without);
      }),
  );
});
