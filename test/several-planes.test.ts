// Several control planes on one store, as processes of their own: a worker that reaches the wrong one is sent to the one that holds its
// run, and goes on with another when that one dies.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Run, XTrack } from '../src/index.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';
import { POSTGRES, PostgresServer } from './support/postgres.js';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const PLANE = fileURLToPath(new URL('faults/second-plane.mjs', import.meta.url));
const HALF = 100;
/** `npm run test:long` asks PostgreSQL: several-planes.long.test.ts. */
const KINDS: readonly ('sqlite' | 'postgres')[] = process.env.XTRACK_TEST_LONG === '1' ? ['postgres'] : ['sqlite'];

/** Half of the events, the rest once a file is there. */
const PYTHON_WORKER = `
import os, time
from xtrack import Tracker
with Tracker().start_run() as run:
    for step in range(${2 * HALF}):
        while step == ${HALF} and not os.path.exists(os.environ["GO"]):
            time.sleep(0.01)
        run.log_metric("loss", float(step), step=step)
`;
const NODE_WORKER = `
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startRun } from ${JSON.stringify(join(DIST, 'emitter/index.js'))};
const run = startRun({ source: false });
for (let step = 0; step < ${2 * HALF}; step++) {
  while (step === ${HALF} && !existsSync(process.env.GO)) await delay(10);
  run.logMetric('loss', step, { step });
}
await run.end('completed', { timeoutMs: 60_000 });
`;

interface Plane {
  readonly child: ChildProcess;
  readonly port: number;
}

describe.each(KINDS)('two control planes on one store (%s)', (kind) => {
  let directory: string;
  let server: PostgresServer | undefined;
  let database: string | undefined;
  let planes: Plane[];
  const children: ChildProcess[] = [];

  beforeEach(async ({ skip }) => {
    directory = await mkdtemp(join(tmpdir(), 'xtrack-planes-'));
    if (kind === 'postgres') {
      skip(POSTGRES === undefined, 'needs PostgreSQL');
      server ??= await PostgresServer.start();
      database = server.url(await server.createDatabase());
    }
    planes = [await plane(), await plane()];
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  afterAll(() => server?.remove());

  it('store both workers of a run, whichever each of them reaches, and go on when the owner is killed', async () => {
    const [one, other] = planes as [Plane, Plane];
    const first = worker('held', 'py', join(directory, 'xtrack.sock'));
    await until('held', ({ counts }) => counts.metric === HALF);
    const second = worker('held', 'js', other.port);
    // Neither waits for the other's end.
    await until('held', ({ counts }) => counts.metric === 2 * HALF);
    one.child.kill('SIGKILL');
    await once(one.child, 'exit');
    await writeFile(join(directory, 'go'), '');
    expect(await Promise.all([first, second])).toEqual([0, 0]);
    await expectWhole('held');
    expect(other.child.exitCode).toBeNull();
  });

  it('store both workers of a run that begin it at the same moment', async () => {
    await writeFile(join(directory, 'go'), '');
    const [one, other] = planes as [Plane, Plane];
    expect(await Promise.all([worker('raced', 'py', one.port), worker('raced', 'js', other.port)])).toEqual([0, 0]);
    await expectWhole('raced');
  });

  /** The first that is started holds the socket that workers find. */
  async function plane(): Promise<Plane> {
    const child = spawn(process.execPath, [PLANE, DIST, directory, database ?? ''], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, port: JSON.parse(line.toString()).tcp.port };
  }

  /** Its exit code. `place`: a port, or the path of a socket. */
  async function worker(runId: string, name: 'py' | 'js', place: number | string): Promise<number> {
    const path = join(directory, `worker.${name === 'py' ? 'py' : 'mjs'}`);
    await writeFile(path, name === 'py' ? PYTHON_WORKER : NODE_WORKER);
    const to =
      typeof place === 'string'
        ? { XTRACK_TRANSPORT: 'unix', XTRACK_SOCKET: place }
        : { XTRACK_TRANSPORT: 'tcp', XTRACK_PORT: String(place) };
    const more = { PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: directory, XTRACK_RUN_ID: runId, XTRACK_FLUSH_TIMEOUT: '60' };
    const env = { ...process.env, ...more, ...to, XTRACK_WORKER_ID: name, GO: join(directory, 'go') };
    const child = spawn(name === 'py' ? PYTHON : process.execPath, [path], { env, stdio: ['ignore', 'inherit', 'ignore'] });
    children.push(child);
    return ((await once(child, 'exit')) as [number])[0];
  }

  /** Both workers' streams are there, once each. */
  async function expectWhole(runId: string): Promise<void> {
    const run = await until(runId, ({ status }) => status === 'completed');
    expect(run.counts).toMatchObject({ metric: 4 * HALF, run_start: 2, run_end: 2 });
    const [series, gaps] = await read(async (xtrack) => [await xtrack.getMetrics(runId, 'loss'), await xtrack.getGaps(runId)]);
    const values = Object.fromEntries(series.map((one) => [one.worker, one.kind === 'points' ? [...one.value] : []]));
    const all = Array.from({ length: 2 * HALF }, (_, step) => step);
    expect(values).toEqual({ js: all, py: all });
    expect(gaps).toEqual([]);
  }

  async function read<T>(use: (xtrack: XTrack) => Promise<T>): Promise<T> {
    const xtrack = await XTrack.start({ directory, ...(database !== undefined && { database }), readOnly: true });
    try {
      return await use(xtrack);
    } finally {
      await xtrack.close();
    }
  }

  async function until(runId: string, wanted: (run: Run) => boolean): Promise<Run> {
    return await read(async (xtrack) => {
      await expect.poll(async () => await xtrack.getRun(runId).then(wanted, () => false)).toBe(true);
      return await xtrack.getRun(runId);
    });
  }
});
