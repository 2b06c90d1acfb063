// Rows 42 and 43 with both sides at once: a control plane sweeps the spools of killed trainings while new emitters send them too.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { XTrack } from '../src/index.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const EVENTS = 3_000;
const KILLED = `
import os, signal, xtrack
run = xtrack.start_run()
for step in range(${EVENTS}):
    run.log_metric("loss", float(step), step=step)
os.kill(os.getpid(), signal.SIGKILL)
`;
/** Lives until nothing of them is left. */
const NEXT = `
import glob, os, time, xtrack
with xtrack.start_run() as run:
    end = time.monotonic() + 20
    while glob.glob(os.path.join(os.environ["XTRACK_DATA"], "spool", "old*")) and time.monotonic() < end:
        time.sleep(0.02)
`;

let directory: string;
let xtrack: XTrack | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-orphans-'));
});

afterEach(async () => {
  await xtrack?.close();
  xtrack = undefined;
  await rm(directory, { recursive: true, force: true });
});

const environment = (runId: string) => ({
  env: { ...process.env, PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: directory, XTRACK_TRANSPORT: 'unix', XTRACK_RUN_ID: runId },
});

const spools = async (): Promise<string[]> => (await readdir(join(directory, 'spool'))).filter((name) => /\.(spool|crc)$/.test(name));

describe('what is in the temporary folder because a data directory would not take it', () => {
  it('goes to the control plane of that data directory and to no other', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'xtrack-tmp-'));
    vi.stubEnv('TMPDIR', temporary);
    try {
      const other = join(directory, 'other');
      for (const [data, runId] of [
        [directory, 'mine'],
        [other, 'theirs'],
      ] as const) {
        await mkdir(data, { recursive: true });
        await writeFile(join(data, 'spool'), 'in the way');
        const { env } = environment(runId);
        expect(spawnSync(PYTHON, ['-c', KILLED], { env: { ...env, XTRACK_DATA: data } }).signal).toBe('SIGKILL');
      }
      await rm(join(directory, 'spool'));
      const folder = join(temporary, `xtrack-${process.getuid?.() ?? 0}`, 'spool');
      const names = await readdir(folder);
      expect(names.filter((name) => name.startsWith('mine')).length).toBeGreaterThan(0);
      xtrack = await XTrack.start({ directory });
      await expect.poll(async () => (await readdir(folder)).filter((name) => name.startsWith('mine')), { timeout: 60_000 }).toEqual([]);
      expect((await xtrack.getRun('mine')).counts.metric).toBe(EVENTS);
      expect(await readdir(folder)).toEqual(names.filter((name) => name.startsWith('theirs')));
    } finally {
      vi.unstubAllEnvs();
      await rm(temporary, { recursive: true, force: true });
    }
  }, 120_000);
});

describe('what killed trainings left while nobody listened', () => {
  it('arrives once, whoever comes first', async () => {
    const runs = ['old1', 'old2', 'old3'];
    for (const runId of runs) expect(spawnSync(PYTHON, ['-c', KILLED], environment(runId)).signal).toBe('SIGKILL');
    expect(await spools()).toHaveLength(2 * runs.length);

    const emitters = ['new1', 'new2'].map((runId) => spawn(PYTHON, ['-c', NEXT], { ...environment(runId), stdio: 'inherit' }));
    const exits = emitters.map((child) => once(child, 'exit'));
    await delay(50);
    xtrack = await XTrack.start({ directory });
    for (const exit of exits) expect(await exit).toEqual([0, null]);
    for (let waited = 0; (await spools()).length > 0 && waited < 20_000; waited += 50) await delay(50);

    expect(await spools()).toEqual([]);
    for (const runId of runs) {
      const [series] = await xtrack.getMetrics(runId, 'loss');
      expect(series?.kind === 'points' && [...series.value]).toEqual(Array.from({ length: EVENTS }, (_, index) => index));
      expect(await xtrack.getGaps(runId)).toEqual([]);
      expect(await xtrack.getWarnings(runId)).toEqual([]);
    }
  });

  it('is sent by the next emitter where the folders are not those of the control plane', async () => {
    const path = join(directory, 'other.sock');
    const at = (script: string): string => script.replace('xtrack.start_run()', `xtrack.Tracker(socket="${path}").start_run()`);
    expect(spawnSync(PYTHON, ['-c', at(KILLED)], environment('old')).signal).toBe('SIGKILL');
    xtrack = await XTrack.start({ directory: join(directory, 'server') });
    await xtrack.startUnixServer({ path });
    const [code] = await once(spawn(PYTHON, ['-c', at(NEXT)], { ...environment('new'), stdio: 'inherit' }), 'exit');
    expect(code).toBe(0);
    expect(await spools()).toEqual([]);
    const [series] = await xtrack.getMetrics('old', 'loss');
    expect(series?.total).toBe(EVENTS);
  });

  it('is taken in by the next control plane also where there was never one: files, forks and threads of all', async () => {
    const script = `
import os, xtrack
run = xtrack.start_run(run_id="alone", name="alone")
run.log_metric("loss", 1.0, step=1)
if os.fork() == 0:
    run.log_metric("child", 2.0, step=1)
    run.end()
    os._exit(0)
os.wait()
`;
    const { status, stderr } = spawnSync(PYTHON, ['-W', 'ignore', '-c', script], {
      env: { ...process.env, PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: directory, XTRACK_TOKEN: 'secret-token' },
      encoding: 'utf8',
    });
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 0, lines: 1 });
    const left = await readdir(join(directory, 'spool'));
    expect(left.filter((name) => name.endsWith('.xtrack'))).toHaveLength(2);
    for (const name of left) expect(await readFile(join(directory, 'spool', name), 'utf8')).not.toContain('secret-token');

    xtrack = await XTrack.start({ directory });
    for (let waited = 0; (await readdir(join(directory, 'spool'))).length > 0 && waited < 20_000; waited += 50) await delay(50);
    expect(await xtrack.getRun('alone')).toMatchObject({ name: 'alone', status: 'completed' });
    expect((await xtrack.listSeries('alone')).map(({ key }) => key)).toEqual(['child', 'loss']);
    expect(await readdir(join(directory, 'spool'))).toEqual([]);
  });
});
