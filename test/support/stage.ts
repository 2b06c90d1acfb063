// A control plane as a process, a training that feeds it, and the proof that nothing of a run was lost or doubled.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Run, streamFile, XTrack } from '../../src/index.js';
import { cli, freePort, PYTHON, PYTHON_PACKAGE, type Serving, serve } from './control-plane.js';

/** Logs `events` metrics over about `seconds`; with `go`, the second half of them once there is that file. */
export const trainer = (events: number, seconds: number, go = ''): string => `
import os, time
from xtrack import Tracker
with Tracker().start_run(name="crash") as run:
    for i in range(${events}):
        while ${go === '' ? 'False' : `i == ${events / 2} and not os.path.exists(${JSON.stringify(go)})`}:
            time.sleep(0.01)
        run.log_metric("loss", float(i), step=i)
        if i % 100 == 99:
            time.sleep(${seconds} / ${events / 100})
`;

/** A data directory with a port, and whatever runs on it. */
export class Stage {
  readonly directory: string;
  readonly port: number;
  server: Serving | undefined;
  readonly children: ChildProcess[] = [];

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.port = port;
  }

  static async open(): Promise<Stage> {
    return new Stage(await mkdtemp(join(tmpdir(), 'xtrack-crash-')), await freePort());
  }

  /** Kills whatever still runs, and removes the folder. */
  async close(): Promise<void> {
    for (const child of this.children.splice(0)) child.kill('SIGKILL');
    const child = this.server?.child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) await this.server?.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  async serve(): Promise<Serving> {
    this.server = await serve(this.directory, this.port);
    return this.server;
  }

  async script(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    return path;
  }

  worker(path: string, env: Record<string, string>): ChildProcess {
    const place = { XTRACK_DATA: this.directory, XTRACK_TRANSPORT: 'tcp', XTRACK_HOST: '127.0.0.1', XTRACK_PORT: String(this.port) };
    const child = spawn(PYTHON, [path], {
      env: { ...process.env, PYTHONPATH: PYTHON_PACKAGE, ...place, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.children.push(child);
    return child;
  }

  async read<T>(use: (xtrack: XTrack) => Promise<T>): Promise<T> {
    const xtrack = await XTrack.start({ directory: this.directory, readOnly: true });
    try {
      return await use(xtrack);
    } finally {
      await xtrack.close();
    }
  }

  /** The run, once it is as wanted. A test that waits in vain ends by its own limit. */
  async until(runId: string, wanted: (run: Run) => boolean): Promise<Run> {
    const look = async (xtrack: XTrack): Promise<Run> => {
      for (;;) {
        const run = await xtrack.getRun(runId);
        if (wanted(run)) return run;
        await delay(20);
      }
    };
    for (;;) {
      // There may be no data yet, and no run.
      const run = await this.read(look).catch(() => undefined);
      if (run !== undefined) return run;
      await delay(50);
    }
  }

  finished(runId: string): Promise<Run> {
    return this.until(runId, ({ status }) => ['completed', 'failed', 'killed'].includes(status));
  }

  /** The metric holds 0..count-1, each once, in order; nothing is missing; the event log has each event of a worker once. */
  async expectWhole(runId: string, count: number): Promise<void> {
    const { values, gaps } = await this.read(async (xtrack) => {
      const [series] = await xtrack.getMetrics(runId, 'loss');
      return { values: series?.kind === 'points' ? [...series.value] : [], gaps: await xtrack.getGaps(runId) };
    });
    expect(values).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(gaps).toEqual([]);
    const log = join(this.directory, 'export.xtrack');
    expect((await cli('export', runId, '-o', log, '--data', this.directory)).code).toBe(0);
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
}
