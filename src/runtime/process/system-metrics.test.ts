import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { XTrack } from '../../xtrack.js';

const BURN = 'const held = Buffer.alloc(1 << 26, 1); for (;;) held[0] ^= 1';
const PRINT = 'console.log(process.env.XTRACK_SYSTEM_METRICS ?? "unset")';
const often = { intervalMs: 50 };

let xtrack: XTrack;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'system-'));
  xtrack = await XTrack.start({ store: 'memory' });
});

afterEach(async () => {
  const runs = await xtrack.listRuns();
  await Promise.all(runs.map(({ runId }) => xtrack.stopRun(runId, { graceMs: 0 })));
  await xtrack.close();
  await rm(folder, { recursive: true, force: true });
});

const node = (script: string): { command: string; args: string[] } => ({ command: process.execPath, args: ['-e', script] });
const points = async (runId: string, name: string): Promise<number> =>
  (await xtrack.listSeries(runId)).find(({ key }) => key === name)?.count ?? 0;

async function output(runId: string): Promise<string[]> {
  await xtrack.waitForRun(runId);
  return (await xtrack.getLogs(runId)).map(({ message }) => message);
}

describe.runIf(process.platform === 'linux')('a supervised process', () => {
  it('has metrics of itself and of the machine, by the control plane, and nothing else is told of it', async () => {
    const { runId } = await xtrack.startRun({ ...node(BURN), systemMetrics: often });
    await expect.poll(() => points(runId, 'system/process_cpu_percent')).toBeGreaterThan(5);
    const series = new Map((await xtrack.listSeries(runId)).map((one) => [one.key, one]));
    // A share of a busy machine may be small; as a fraction of a core it would not pass one.
    expect(series.get('system/process_cpu_percent')?.max).toBeGreaterThan(1);
    expect(series.get('system/process_memory_bytes')?.max).toBeGreaterThan(2 ** 26);
    for (const key of ['cpu_percent', 'memory_percent', 'disk_used_percent']) {
      const found = series.get(`system/${key}`);
      expect(found, key).toMatchObject({ worker: '$xtrack', last: { step: null } });
      expect(found?.min, key).toBeGreaterThanOrEqual(0);
      expect(found?.max, key).toBeLessThanOrEqual(100);
    }
    expect([...series.keys()]).toEqual(expect.arrayContaining(['system/net_sent_bytes_per_s', 'system/process_threads']));
    // The script says nothing by itself: the samples are no worker, and do not make the run more than it is.
    expect(await xtrack.getRun(runId)).toMatchObject({ status: 'running', workers: [] });
  });

  it('is not sampled any more once it has ended', async () => {
    const { runId } = await xtrack.startRun({ ...node('setTimeout(() => 0, 300)'), systemMetrics: often });
    await xtrack.waitForRun(runId);
    const counted = (await xtrack.getRun(runId)).counts.metric_batch;
    expect(counted).toBeGreaterThan(0);
    const other = await xtrack.startRun({ ...node(BURN), systemMetrics: often });
    await expect.poll(() => points(other.runId, 'system/cpu_percent')).toBeGreaterThan(3);
    expect((await xtrack.getRun(runId)).counts.metric_batch).toBe(counted);
  });

  it('is told that it need not do the same, unless nobody does it', async () => {
    const on = await xtrack.startRun({ ...node(PRINT), env: { XTRACK_SYSTEM_METRICS: '5' } });
    const off = await xtrack.startRun({ ...node(PRINT), env: { XTRACK_SYSTEM_METRICS: '5' }, systemMetrics: false });
    const nested = await xtrack.startRun({ ...node(PRINT), env: { XTRACK_SYSTEM_METRICS: 'supervised' }, systemMetrics: false });
    expect(await output(on.runId)).toEqual(['supervised']);
    expect(await output(off.runId)).toEqual(['5']);
    expect(await output(nested.runId)).toEqual(['unset']);
  });

  it('is sampled unless that is turned off, the first time soon after its start', async () => {
    const off = await xtrack.startRun({ ...node(BURN), systemMetrics: false });
    const on = await xtrack.startRun(node(BURN));
    await expect.poll(() => points(on.runId, 'system/process_cpu_percent')).toBe(1);
    expect(await xtrack.listSeries(off.runId)).toEqual([]);
  });

  it('is not started with an interval that makes no sense', async () => {
    for (const intervalMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const started = xtrack.startRun({ ...node(''), systemMetrics: { intervalMs } });
      await expect(started).rejects.toMatchObject({ code: 'XT_ARGUMENT', field: 'systemMetrics.intervalMs' });
    }
    expect(await xtrack.listRuns()).toEqual([]);
  });

  it('goes on being sampled by the next control plane', async () => {
    const first = await XTrack.start({ directory: folder });
    const { runId } = await first.startRun({ ...node(BURN), systemMetrics: often });
    const quiet = await first.startRun({ ...node(BURN), systemMetrics: false });
    await first.close();
    const second = await XTrack.start({ directory: folder });
    try {
      const before = (await second.getRun(runId)).counts.metric_batch ?? 0;
      await expect.poll(async () => (await second.getRun(runId)).counts.metric_batch ?? 0).toBeGreaterThan(before + 2);
      const [cpu] = (await second.getMetrics(runId, 'system/process_cpu_percent')).slice(-1);
      expect(cpu?.kind === 'points' && Math.max(...cpu.value)).toBeGreaterThan(1);
      expect(await second.listSeries(quiet.runId)).toEqual([]);
    } finally {
      await Promise.all([runId, quiet.runId].map((id) => second.stopRun(id, { graceMs: 0 })));
      await second.close();
    }
  });
});
