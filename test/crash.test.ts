// The public proof: whatever is killed, whenever, every event that was logged is stored once.
// XTRACK_CRASH_ROUNDS sets how often the control plane is killed (20 for the full proof).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { CLI, PYTHON } from './support/control-plane.js';
import { POSTGRES, PostgresServer } from './support/postgres.js';
import { Stage, trainer } from './support/stage.js';

const ROUNDS = Number(process.env.XTRACK_CRASH_ROUNDS ?? 5);
const EVENTS = 20_000;

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.close());

/** Runs of the tests around go to a database of their own. */
function keepInPostgres(): void {
  let postgres: PostgresServer;

  beforeAll(async () => {
    postgres = await PostgresServer.start();
  });

  beforeEach(async () => {
    process.env.XTRACK_DATABASE = postgres.url(await postgres.createDatabase());
  });

  afterEach(() => {
    delete process.env.XTRACK_DATABASE;
  });

  afterAll(() => postgres.remove());
}

describe('kill -9 of the control plane', controlPlaneCases);

describe.skipIf(POSTGRES === undefined)('kill -9 of the control plane, runs kept in PostgreSQL (needs PostgreSQL)', () => {
  keepInPostgres();
  controlPlaneCases();
});

/** The control plane takes in what is left in spool files, and removes them once it is durable. */
async function expectNoSpool(): Promise<void> {
  const look = async (): Promise<string[]> => (await readdir(join(stage.directory, 'spool'))).filter((name) => name.endsWith('.spool'));
  await expect.poll(look).toEqual([]);
}

function controlPlaneCases(): void {
  it(
    `${ROUNDS} times at random moments of a TCP run of ${EVENTS} events loses and doubles nothing`,
    async () => {
      let server = await stage.serve();
      const child = stage.worker(await stage.script('train.py', trainer(EVENTS, ROUNDS * 0.8)), { XTRACK_RUN_ID: 'crash' });
      const exit = once(child, 'exit');
      for (let round = 0; round < ROUNDS; round += 1) {
        await delay(50 + Math.random() * 700);
        await server.kill();
        await delay(Math.random() * 200);
        server = await stage.serve();
      }
      expect((await exit)[0]).toBe(0);
      expect(await stage.finished('crash')).toMatchObject({ status: 'completed', counts: { metric: EVENTS, run_start: 1, run_end: 1 } });
      await stage.expectWhole('crash', EVENTS);
      await expectNoSpool();
    },
    60_000 + ROUNDS * 5_000,
  );

  it('while it supervises a training: the training goes on and the same run completes', async () => {
    const server = await stage.serve();
    const go = join(stage.directory, 'go');
    const path = await stage.script('train.py', trainer(EVENTS, 1, go));
    const run = spawn(
      process.execPath,
      [join(import.meta.dirname, '../dist/cli/main.js'), 'run', '--data', stage.directory, '--run-id', 'kept', '--', PYTHON, path],
      { stdio: 'ignore' },
    );
    stage.children.push(run);
    const exit = once(run, 'exit');
    const { process: before } = await stage.until('kept', ({ process, counts }) => process !== null && (counts.metric ?? 0) > 0);
    await server.kill();
    process.kill(before?.pid as number, 0);
    await writeFile(go, '');
    await stage.serve();
    const done = await stage.finished('kept');
    expect(done).toMatchObject({ status: 'completed', process: { pid: before?.pid } });
    await stage.expectWhole('kept', EVENTS);
    expect((await exit)[0]).toBe(0);
  });

  it('for good, while the training ends: what waits in its spool is taken in at the next start', async () => {
    const server = await stage.serve();
    const go = join(stage.directory, 'go');
    const path = await stage.script('train.py', trainer(EVENTS, 0.4, go));
    const child = stage.worker(path, { XTRACK_RUN_ID: 'late', XTRACK_FLUSH_TIMEOUT: '0.2' });
    const exit = once(child, 'exit');
    await stage.until('late', ({ counts }) => (counts.metric ?? 0) > 0);
    await server.kill();
    await writeFile(go, '');
    await exit;
    await stage.serve();
    expect((await stage.finished('late')).status).toBe('completed');
    await stage.expectWhole('late', EVENTS);
  });
}

describe('kill -9 of a control plane beside another one', () => {
  it('leaves its training to the other: the emitter goes over, the process is supervised to its end', async () => {
    const other = await XTrack.start({ directory: stage.directory });
    try {
      const go = join(stage.directory, 'go');
      const path = await stage.script('train.py', `${trainer(EVENTS, 1, go)}\nprint("last words")\n`);
      const run = spawn(process.execPath, [CLI, 'run', '--data', stage.directory, '--run-id', 'moved', '--', PYTHON, path], {
        stdio: 'ignore',
      });
      stage.children.push(run);
      await stage.until('moved', ({ process, counts }) => process !== null && (counts.metric ?? 0) > 0);
      run.kill('SIGKILL');
      await writeFile(go, '');
      expect(await stage.finished('moved')).toMatchObject({ status: 'completed', exit: { code: null } });
      await stage.expectWhole('moved', EVENTS);
      expect((await other.getLogs('moved')).map(({ message }) => message)).toContain('last words');
    } finally {
      await other.close();
    }
  });
});

describe('kill -9 of the training', () => {
  it('ends the run failed with signal 9, everything logged is there', async () => {
    const path = await stage.script(
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
    const xtrack = await XTrack.start({ directory: stage.directory });
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
  });
});

describe('a script that forks and prints megabytes', () => {
  it('still yields a clean event stream and all of its output', async () => {
    const path = await stage.script(
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
    const xtrack = await XTrack.start({ directory: stage.directory });
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
  });
});
