// The JavaScript emitter with the real control plane: spawned on fd 3, over a Unix socket, stopped, killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withRun } from '../src/emitter/index.js';
import { type SeriesData, XTrack } from '../src/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = fileURLToPath(new URL('../examples/js-worker/train.mjs', import.meta.url));

/** Logs for ever; notes in a file the number of the last event whose call had returned. */
const ENDLESS = `
  import { openSync, writeSync } from 'node:fs';
  import { startRun } from 'xtrack/emitter';
  const counter = openSync(process.env.COUNTER, 'w');
  const bytes = Buffer.alloc(8);
  const run = startRun({ source: false });
  for (let step = 0; !run.shouldStop; step++) {
    run.logMetric('loss', 1 / (step + 1), { step, phase: 'train' });
    bytes.writeDoubleLE(step + 1);
    writeSync(counter, bytes, 0, 8, 0);
    if (step % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await run.end('killed');`;

function returned(counter: string): number {
  const bytes = existsSync(counter) ? readFileSync(counter) : Buffer.alloc(0);
  return bytes.length < 8 ? 0 : bytes.readDoubleLE();
}

describe('the JavaScript emitter under the control plane', () => {
  let folder: string;
  let xtrack: XTrack;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'xtrack-js-'));
    xtrack = await XTrack.start({ directory: folder });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await xtrack.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function points(runId: string, key: string): Promise<Extract<SeriesData, { kind: 'points' }>> {
    const [series, ...others] = await xtrack.getMetrics(runId, key);
    if (series?.kind !== 'points' || others.length > 0) throw new Error(`not one series of points: ${key}`);
    return series;
  }

  const startEndless = (counter: string) =>
    xtrack.startRun({
      command: process.execPath,
      args: ['--input-type=module', '--eval', ENDLESS],
      env: { COUNTER: counter },
      cwd: root,
    });

  it('trains the example, and everything it logged is there', async () => {
    const started = await xtrack.startRun({ command: process.execPath, args: [example, join(folder, 'out')] });
    const run = await xtrack.waitForRun(started.runId);
    expect(run).toMatchObject({ status: 'completed', name: 'js-worker', tags: { language: 'javascript' } });
    expect(await xtrack.getParams(run.runId)).toMatchObject({ 'optimizer.kind': 'sgd', 'data.features': 12 });
    const accuracy = await points(run.runId, 'acc');
    expect(accuracy.value.length).toBe(30);
    expect(accuracy.value.at(-1)).toBeGreaterThan(0.9);
    expect((await points(run.runId, 'loss')).value.length).toBe(375);
    expect((await xtrack.getCheckpoints(run.runId)).length).toBeGreaterThan(1);
    expect(await xtrack.getArtifacts(run.runId)).toMatchObject([{ kind: 'model', checksum: expect.stringMatching(/^sha256:/) }]);
    expect(await xtrack.getGaps(run.runId)).toEqual([]);
    expect(await xtrack.getWarnings(run.runId)).toEqual([]);
    expect(readdirSync(join(folder, 'spool'))).toEqual([]);
  });

  it('answers commands and stops when asked', async () => {
    const { runId } = await startEndless(join(folder, 'counter'));
    expect(await xtrack.sendCommand(runId, 'pause')).toMatchObject({ status: 'unsupported' });
    const run = await xtrack.stopRun(runId, { graceMs: 20_000 });
    expect(run.status).toBe('killed');
    expect(await xtrack.getGaps(runId)).toEqual([]);
  });

  it('killed, loses no event whose call had returned', async () => {
    const counter = join(folder, 'counter');
    const { runId, process: child } = await startEndless(counter);
    while (returned(counter) < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    // Never a number that was made up: 0 would be the whole group of the test.
    const pid = child?.pid;
    if (pid === undefined) throw new Error('the run has no process');
    process.kill(pid, 'SIGKILL');
    const run = await xtrack.waitForRun(runId);
    expect(run).toMatchObject({ status: 'failed', exit: { signal: 'SIGKILL' } });
    const { step } = await points(runId, 'loss');
    expect(step.length).toBeGreaterThanOrEqual(returned(counter));
    expect(step).toEqual(step.map((_, index) => index));
    expect(await xtrack.getGaps(runId)).toEqual([]);
    expect(readdirSync(join(folder, 'spool'))).toEqual([]);
  });

  it('finds the local server by itself', async () => {
    vi.stubEnv('XTRACK_DATA', folder);
    const runId = await withRun({ name: 'found' }, (run) => {
      run.logMetric('loss', Number.NaN, { step: 1 });
      return run.runId;
    });
    expect(await xtrack.getRun(runId)).toMatchObject({ status: 'completed', name: 'found' });
    expect((await points(runId, 'loss')).value[0]).toBeNaN();
    expect(readdirSync(join(folder, 'spool'))).toEqual([]);
  });

  it('goes on over TCP with a token, through restarts of the control plane, with nothing missing or twice', async () => {
    const { port } = await xtrack.startTcpServer({ port: 0, token: 'secret' });
    const data = join(folder, 'elsewhere');
    const env = {
      PATH: process.env.PATH,
      XTRACK_DATA: data,
      XTRACK_TRANSPORT: 'tcp',
      XTRACK_PORT: String(port),
      XTRACK_TOKEN: 'secret',
      XTRACK_RUN_ID: 'tcp-run',
    };
    const program = `
      import { withRun } from 'xtrack/emitter';
      await withRun({ source: false }, async (run) => {
        for (let step = 0; step < 3000; step++) {
          run.logMetric('loss', step, { step });
          if (step % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: root,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(child, 'exit');
    for (let round = 0; round < 3; round++) {
      const stored = async (): Promise<number> => (await xtrack.listSeries('tcp-run').catch(() => []))[0]?.count ?? 0;
      await expect.poll(stored).toBeGreaterThan(round * 600);
      await xtrack.close();
      xtrack = await XTrack.start({ directory: folder });
      await xtrack.startTcpServer({ port, token: 'secret' });
    }
    expect(await exited).toEqual([0, null]);
    expect(await xtrack.getRun('tcp-run')).toMatchObject({ status: 'completed' });
    const { step } = await points('tcp-run', 'loss');
    expect([...step]).toEqual(Array.from({ length: 3000 }, (_, index) => index));
    expect(await xtrack.getGaps('tcp-run')).toEqual([]);
    expect(readdirSync(join(data, 'spool'))).toEqual([]);
  });
});
