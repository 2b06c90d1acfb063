// A supervised process outlasts what becomes of the commits of its run: its output and its end are recorded, once.

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../protocol/index.js';
import { XTrackError } from '../protocol/index.js';
import { openMemoryStore } from '../storage/memory/store.js';
import type { Batch, Store } from '../storage/store.js';
import { Hub } from './hub.js';
import { RunManager } from './process/run-manager.js';

let folder: string;
let store: Store;
let hub: Hub;
let manager: RunManager;
/** What is done in place of the next commits; true: as usual. */
let steps: ((batch: Batch) => boolean)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xtrack-supervision-'));
  store = await openMemoryStore();
  const commit = store.commit.bind(store);
  steps = [];
  store.commit = async (batch): ReturnType<Store['commit']> => {
    const step = steps.shift();
    if (step !== undefined && !step(batch)) throw new XTrackError('XT_STORE_WRITE', { detail: 'refused' });
    return await commit(batch);
  };
  hub = new Hub({
    store,
    onCommitFailure: () => undefined,
    onRunLost: ({ runId }, error) => manager.lost(runId, error),
  });
  manager = new RunManager({
    hub,
    outputRoot: join(folder, 'runs'),
    dataDirectory: folder,
    socketPath: () => null,
    openSession: (socket) => {
      socket
        .on('error', () => undefined)
        .pipe(new PassThrough())
        .resume();
      return { lastReceived: 0, ready: async () => undefined, end: () => socket.destroy() };
    },
    sweepSpool: async () => undefined,
  });
});

afterEach(async () => {
  await manager.close();
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

/** Prints its numbered lines, each as soon as a file of its name is there. */
const PRINTER = `const { existsSync } = require('node:fs'); let line = 1;
const timer = setInterval(() => { while (existsSync(process.argv[1] + '/go' + line)) { console.log('line ' + line); line += 1; if (line > 3) { clearInterval(timer); return; } } }, 5);`;

async function lines(runId: string): Promise<string[]> {
  return (await store.getEntries({ runId, kind: 'log' })).map((entry) => (entry as LogEntry).message);
}

const go = (line: number): Promise<void> => writeFile(join(folder, `go${line}`), '');

describe('what a supervised process prints', () => {
  it('is for its own user alone while it lies in files, whatever the umask (SEC-13)', async () => {
    const before = process.umask(0);
    const waits = ['-e', 'setInterval(() => undefined, 1000)'];
    const started = manager.start({ command: process.execPath, args: waits, systemMetrics: false }).finally(() => process.umask(before));
    const collector = await started;
    const { stdoutPath = '', stderrPath = '' } = collector.state.process ?? {};
    for (const path of [stdoutPath, stderrPath, dirname(stdoutPath)]) expect((await stat(path)).mode & 0o077, path).toBe(0);
    await manager.stop(collector, { graceMs: 50 });
  });
});

describe('a supervised run whose commit is refused', () => {
  it('has all its output and its end, once', async () => {
    await manager.start({ runId: 'r', command: process.execPath, args: ['-e', PRINTER, folder], systemMetrics: false });
    await go(1);
    await expect.poll(() => lines('r')).toEqual(['line 1']);
    const before = hub.loaded('r');
    steps = [() => false];
    await go(2);
    await expect.poll(() => lines('r')).toEqual(['line 1', 'line 2']);
    expect(hub.loaded('r')).not.toBe(before);
    await go(3);
    // The end is refused once, and stored without an answer once.
    let refused = false;
    const ends = ({ runs }: Batch): boolean => runs.some(({ exit }) => exit !== null);
    steps = Array.from({ length: 100 }, () => (batch: Batch) => {
      const isFirst = ends(batch) && !refused;
      refused ||= isFirst;
      return !isFirst;
    });
    await expect.poll(async () => (await store.getRun('r'))?.status).toBe('completed');
    await expect.poll(async () => (await store.getRun('r'))?.counts).toEqual({ log: 3, run_end: 1 });
    expect([refused, await lines('r')]).toEqual([true, ['line 1', 'line 2', 'line 3']]);
  });

  it('is started all the same where the first word of its process is refused', async () => {
    const first = ({ runs }: Batch): boolean => runs.every(({ process: child }) => child === null);
    steps = [() => true, first];
    await go(1);
    await go(2);
    await go(3);
    await manager.start({ runId: 'r', command: process.execPath, args: ['-e', PRINTER, folder], systemMetrics: false });
    expect((await store.getRun('r'))?.process).not.toBeNull();
    await expect.poll(async () => (await store.getRun('r'))?.status).toBe('completed');
    expect(await lines('r')).toEqual(['line 1', 'line 2', 'line 3']);
  });

  it('is left alone where it was removed, and not brought back', async () => {
    await manager.start({ runId: 'r', command: process.execPath, args: ['-e', PRINTER, folder], systemMetrics: false });
    await store.deleteRun('r');
    for (const line of [1, 2, 3]) await go(line);
    await expect.poll(() => hub.loaded('r')?.isBlank ?? true).toBe(true);
    await manager.close();
    await hub.journal.flush();
    expect(await store.getRun('r')).toBeUndefined();
  });
});
