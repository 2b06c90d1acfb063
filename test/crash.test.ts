// The public proof: whatever is killed, whenever, every event that was logged is stored once.
// XTRACK_CRASH_ROUNDS sets how often the control plane is killed (20 for the full proof).

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Run, streamFile, XTrack } from '../src/index.js';
import { CLI, cli, freePort, PYTHON, PYTHON_PACKAGE, type Serving, serve } from './support/control-plane.js';

const ROUNDS = Number(process.env.XTRACK_CRASH_ROUNDS ?? 5);
const EVENTS = 20_000;

let directory: string;
let port: number;
let server: Serving | undefined;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-crash-'));
  port = await freePort();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  if (server !== undefined && server.child.exitCode === null && server.child.signalCode === null) await server.kill();
  server = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function script(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

function worker(path: string, env: Record<string, string>): ChildProcess {
  const child = spawn(PYTHON, [path], {
    env: {
      ...process.env,
      PYTHONPATH: PYTHON_PACKAGE,
      XTRACK_DATA: directory,
      XTRACK_TRANSPORT: 'tcp',
      XTRACK_HOST: '127.0.0.1',
      XTRACK_PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.push(child);
  return child;
}

/** Logs `EVENTS` metrics over about `seconds`. */
const trainer = (seconds: number): string => `
import time
from xtrack import Tracker
with Tracker().start_run(name="crash") as run:
    for i in range(${EVENTS}):
        run.log_metric("loss", float(i), step=i)
        if i % 100 == 99:
            time.sleep(${seconds} / ${EVENTS / 100})
`;

async function read<T>(use: (xtrack: XTrack) => Promise<T>): Promise<T> {
  const xtrack = await XTrack.start({ directory, readOnly: true });
  try {
    return await use(xtrack);
  } finally {
    await xtrack.close();
  }
}

async function finished(runId: string): Promise<Run> {
  for (let waited = 0; waited < 60_000; waited += 200) {
    const run = await read(async (xtrack) => await xtrack.getRun(runId).catch(() => undefined));
    if (run !== undefined && ['completed', 'failed', 'killed'].includes(run.status)) return run;
    await delay(200);
  }
  throw new Error('the run did not end');
}

/** Spool files that are left, once the control plane has had time to take them in: it removes them after they are durable. */
async function spoolFiles(): Promise<string[]> {
  const look = async (): Promise<string[]> => (await readdir(join(directory, 'spool'))).filter((name) => name.endsWith('.spool'));
  for (let waited = 0; waited < 15_000 && (await look()).length > 0; waited += 100) await delay(100);
  return await look();
}

/** The metric holds 0..count-1, each once, in order; nothing is missing; the event log has each event of a worker once. */
async function expectWhole(runId: string, count: number): Promise<void> {
  const { values, gaps } = await read(async (xtrack) => {
    const [series] = await xtrack.getMetrics(runId, 'loss');
    return { values: series?.kind === 'points' ? [...series.value] : [], gaps: await xtrack.getGaps(runId) };
  });
  expect(values).toEqual(Array.from({ length: count }, (_, index) => index));
  expect(gaps).toEqual([]);
  const log = join(directory, 'export.xtrack');
  expect((await cli('export', runId, '-o', log, '--data', directory)).code).toBe(0);
  const seen = new Set<string>();
  for await (const item of streamFile(log)) {
    expect(item.kind).toBe('message');
    if (item.kind !== 'message' || !('seq' in item.message)) continue;
    const { worker: wid, incarnation, seq } = item.message;
    expect(seen.has(`${wid}/${incarnation}/${seq}`)).toBe(false);
    seen.add(`${wid}/${incarnation}/${seq}`);
  }
  expect(seen.size).toBeGreaterThanOrEqual(count + 2);
}

describe('kill -9 of the control plane', () => {
  it(
    `${ROUNDS} times at random moments of a TCP run of ${EVENTS} events loses and doubles nothing`,
    async () => {
      server = await serve(directory, port);
      const child = worker(await script('train.py', trainer(ROUNDS * 0.8)), { XTRACK_RUN_ID: 'crash' });
      const exit = once(child, 'exit');
      for (let round = 0; round < ROUNDS; round += 1) {
        await delay(50 + Math.random() * 700);
        await server.kill();
        await delay(Math.random() * 200);
        server = await serve(directory, port);
      }
      expect((await exit)[0]).toBe(0);
      expect(await finished('crash')).toMatchObject({ status: 'completed', counts: { metric: EVENTS, run_start: 1, run_end: 1 } });
      await expectWhole('crash', EVENTS);
      expect(await spoolFiles()).toEqual([]);
    },
    60_000 + ROUNDS * 5_000,
  );

  it('while it supervises a training: the training goes on and the same run completes', async () => {
    server = await serve(directory, port);
    const path = await script('train.py', trainer(4));
    const run = spawn(
      process.execPath,
      [join(import.meta.dirname, '../dist/cli/main.js'), 'run', '--data', directory, '--run-id', 'kept', '--', PYTHON, path],
      { stdio: 'ignore' },
    );
    children.push(run);
    const exit = once(run, 'exit');
    await delay(1_500);
    const { process: before } = await read(async (xtrack) => await xtrack.getRun('kept'));
    expect(before).not.toBeNull();
    await server.kill();
    await delay(500);
    process.kill(before?.pid as number, 0);
    server = await serve(directory, port);
    const done = await finished('kept');
    expect(done).toMatchObject({ status: 'completed', process: { pid: before?.pid } });
    await expectWhole('kept', EVENTS);
    expect((await exit)[0]).toBe(0);
  }, 60_000);

  it('for good, while the training ends: what waits in its spool is taken in at the next start', async () => {
    server = await serve(directory, port);
    const path = await script('train.py', trainer(1.5));
    const child = worker(path, { XTRACK_RUN_ID: 'late', XTRACK_FLUSH_TIMEOUT: '0.2' });
    const exit = once(child, 'exit');
    await delay(700);
    await server.kill();
    await exit;
    server = await serve(directory, port);
    expect((await finished('late')).status).toBe('completed');
    await expectWhole('late', EVENTS);
  }, 60_000);
});

describe('kill -9 of a control plane beside another one', () => {
  it('leaves its training to the other: the emitter goes over, the process is supervised to its end', async () => {
    const other = await XTrack.start({ directory });
    try {
      const path = await script('train.py', `${trainer(4)}\nprint("last words")\n`);
      const run = spawn(process.execPath, [CLI, 'run', '--data', directory, '--run-id', 'moved', '--', PYTHON, path], { stdio: 'ignore' });
      children.push(run);
      await delay(2_000);
      run.kill('SIGKILL');
      expect(await finished('moved')).toMatchObject({ status: 'completed', exit: { code: null } });
      await expectWhole('moved', EVENTS);
      expect((await other.getLogs('moved')).map(({ message }) => message)).toContain('last words');
    } finally {
      await other.close();
    }
  }, 60_000);
});

describe('kill -9 of the training', () => {
  it('ends the run failed with signal 9, everything logged is there', async () => {
    const path = await script(
      'train.py',
      `
import os, signal
from xtrack import Tracker
run = Tracker().start_run(name="victim")
for i in range(5000):
    run.log_metric("loss", float(i), step=i)
os.kill(os.getpid(), signal.SIGKILL)
`,
    );
    const xtrack = await XTrack.start({ directory });
    try {
      const { runId } = await xtrack.startRun({ command: PYTHON, args: [path] });
      const run = await xtrack.waitForRun(runId);
      expect(run).toMatchObject({ status: 'failed', exit: { signal: 'SIGKILL', signalNumber: 9 } });
      const [series] = await xtrack.getMetrics(runId, 'loss');
      expect(series?.kind === 'points' && [...series.value]).toEqual(Array.from({ length: 5000 }, (_, index) => index));
      expect(await xtrack.getGaps(runId)).toEqual([]);
    } finally {
      await xtrack.close();
    }
  }, 60_000);
});

describe('a script that forks and prints megabytes', () => {
  it('still yields a clean event stream and all of its output', async () => {
    const path = await script(
      'train.py',
      `
import multiprocessing, sys
from xtrack import Tracker

def child(n):
    for i in range(2000):
        print("child", n, "x" * 400)
    sys.stdout.flush()

if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    with Tracker().start_run(name="noisy") as run:
        workers = [multiprocessing.Process(target=child, args=(n,)) for n in range(2)]
        for worker in workers: worker.start()
        for i in range(3000):
            run.log_metric("loss", float(i), step=i)
            print("parent", "y" * 400)
        for worker in workers: worker.join()
`,
    );
    const xtrack = await XTrack.start({ directory });
    try {
      const { runId } = await xtrack.startRun({ command: PYTHON, args: [path] });
      expect(await xtrack.waitForRun(runId)).toMatchObject({ status: 'completed', exit: { code: 0 } });
      const [series] = await xtrack.getMetrics(runId, 'loss');
      expect(series?.total).toBe(3000);
      expect(await xtrack.getWarnings(runId)).toEqual([]);
      expect(await xtrack.getGaps(runId)).toEqual([]);
      const lines = await xtrack.getLogs(runId, { limit: 20_000 });
      expect(lines.filter(({ logger }) => logger === 'stdout')).toHaveLength(7000);
    } finally {
      await xtrack.close();
    }
  }, 60_000);
});
