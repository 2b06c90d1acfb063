import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import type { Store } from '../store.js';
import { openWriter } from './driver.js';
import { openSqliteStore } from './store.js';

const COMMITTER = fileURLToPath(new URL('./fixtures/committer.mjs', import.meta.url));
const STORE = new URL('../../../dist/storage/sqlite/store.js', import.meta.url).href;
const SAMPLE = new URL('../../../dist/testing/sample-run.js', import.meta.url).href;

let directory: string;
let children: ChildProcess[] = [];

beforeEach(async () => {
  children = [];
  directory = await mkdtemp(join(tmpdir(), 'xtrack-processes-'));
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, maxRetries: 5 });
});

interface Committer {
  readonly child: ChildProcess;
  /** The next line that it says; undefined: it has ended. */
  next(): Promise<string | undefined>;
}

function startCommitter(runId: string, perCommit: number, commits: number, env: NodeJS.ProcessEnv = {}): Committer {
  const args = [COMMITTER, STORE, SAMPLE, directory, runId, String(perCommit), String(commits)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, next: async () => (await lines.next()).value };
}

async function killAfter(committer: Committer, lines: number): Promise<number> {
  let durable = 0;
  for (let count = 0; count < lines; count++) durable = Number(await committer.next());
  committer.child.kill('SIGKILL');
  for (let line = await committer.next(); line !== undefined; line = await committer.next()) durable = Number(line);
  if (committer.child.exitCode === null && committer.child.signalCode === null) await once(committer.child, 'exit');
  return durable;
}

/** How many points the series has; they must be seq 1, 2, 3 … */
async function contiguousPoints(store: Store, runId: string): Promise<number> {
  const [series] = await store.readSeries({ runId, key: 'loss' });
  const seqs = series?.kind === 'points' ? series.seq : new Float64Array();
  expect(seqs.findIndex((seq, at) => seq !== at + 1)).toBe(-1);
  return seqs.length;
}

/** The run holds seq 1..n, nothing twice, nothing missing, in points, summaries and event log alike; returns n. */
async function expectWhole(store: Store, runId: string): Promise<number> {
  const [mark] = await store.getMarks(runId);
  const count = mark?.contiguous ?? 0;
  expect(await contiguousPoints(store, runId)).toBe(count);
  expect(await store.listSeries(runId)).toMatchObject([
    { key: 'loss', count, min: 1, max: count },
    { key: 'rare', count: Math.floor(count / 10) },
  ]);
  let events = 0;
  for await (const block of store.readBlocks(runId)) events += block.events;
  expect(events).toBe(count + Math.floor(count / 10));
  return count;
}

describe('a process that is killed while it commits', () => {
  it('loses no commit that was resolved, and leaves none half done', async () => {
    for (const [round, perCommit] of [7, 450, 33, 2_000].entries()) {
      const durable = await killAfter(startCommitter('r', perCommit, 0), 3 + round * 11);
      const reader = await openSqliteStore({ directory, readOnly: true });
      const whole = await expectWhole(reader, 'r');
      expect(whole).toBeGreaterThanOrEqual(durable);
      await reader.close();
    }
    const writer = await openSqliteStore({ directory });
    const before = await expectWhole(writer, 'r');
    const run = new SampleRun('r').metric({ seq: before + 1, value: before + 1, step: before + 1 });
    await writer.commit(run.take());
    expect(await writer.listSeries('r')).toMatchObject([{ count: before + 1 }, {}]);
    await writer.close();
    const connection = openWriter(join(directory, 'xtrack.db'));
    expect(connection.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    connection.close();
  });
});

describe('a process that never closes its store', () => {
  it('ends when it has nothing else to do, with every commit kept', async () => {
    const leaving = startCommitter('r', 70, 5, { XTRACK_TEST_LEAVE: '1' });
    const [code] = await once(leaving.child, 'exit');
    expect(code).toBe(0);
    const reader = await openSqliteStore({ directory, readOnly: true });
    expect(await expectWhole(reader, 'r')).toBe(350);
    await reader.close();
  });
});

describe('several processes on one directory', () => {
  it('lets a reader follow a run that another process writes, open tails included', async () => {
    const writing = startCommitter('r', 333, 60, { XTRACK_TEST_WAIT: '1' });
    await writing.next();
    const reader = await openSqliteStore({ directory, readOnly: true });
    let durable = 0;
    for (let line = 2; line <= 60; line++) {
      durable = Number(await writing.next());
      if (line % 10 !== 0) continue;
      // The writer goes on meanwhile: each answer is of its own moment, and none is behind what was said to be durable.
      expect(await contiguousPoints(reader, 'r')).toBeGreaterThanOrEqual(durable);
      expect((await reader.listSeries('r'))[0]?.count).toBeGreaterThanOrEqual(durable);
    }
    expect(await expectWhole(reader, 'r')).toBe(333 * 60);
    writing.child.kill('SIGKILL');
    await once(writing.child, 'exit');
    expect(await expectWhole(reader, 'r')).toBe(333 * 60);
    await reader.close();
  });

  it('lets two write different runs at once', async () => {
    const committers = [startCommitter('a', 200, 40), startCommitter('b', 300, 40)];
    await Promise.all(committers.map(({ child }) => once(child, 'exit')));
    const reader = await openSqliteStore({ directory, readOnly: true });
    expect(await expectWhole(reader, 'a')).toBe(8_000);
    expect(await expectWhole(reader, 'b')).toBe(12_000);
    await reader.close();
  });

  it('lets one take a run over from the other and give it back', async () => {
    const [one, two] = [await openSqliteStore({ directory }), await openSqliteStore({ directory })];
    const write = async (store: Store, from: number, to: number): Promise<void> => {
      const run = new SampleRun('r');
      for (let seq = from; seq < to; seq++) run.metric({ seq, value: seq });
      await store.commit(run.take());
    };
    await write(one, 1, 1_500);
    await write(two, 1_500, 1_600);
    await write(one, 1_600, 3_000);
    await write(two, 3_000, 3_001);
    for (const store of [one, two]) {
      const [series] = await store.readSeries({ runId: 'r', key: 'loss' });
      expect(series?.kind === 'points' ? Array.from(series.value) : []).toEqual(Array.from({ length: 3_000 }, (_, at) => at + 1));
      expect(await store.listSeries('r')).toMatchObject([{ count: 3_000, min: 1, max: 3_000 }]);
      await store.close();
    }
    const reader = await openSqliteStore({ directory, readOnly: true });
    expect(await reader.listSeries('r')).toMatchObject([{ count: 3_000 }]);
    expect((await reader.readSeries({ runId: 'r', key: 'loss' }))[0]?.total).toBe(3_000);
    await reader.close();
  });

  it('sees a run end, and goes on when events come late', async () => {
    const store = await openSqliteStore({ directory });
    const run = new SampleRun('r');
    await store.commit(run.metric({ seq: 1, value: 1 }).take());
    await store.commit(run.take({ runs: [sampleRecord('r', { status: 'completed', endedAt: 1 })] }));
    await store.commit(run.metric({ seq: 2, value: 2 }).take({ runs: [sampleRecord('r', { status: 'completed', endedAt: 1 })] }));
    const reader = await openSqliteStore({ directory, readOnly: true });
    for (const one of [store, reader]) expect(await one.listSeries('r')).toMatchObject([{ count: 2, last: { value: 2 } }]);
    await reader.close();
    await store.close();
  });
});
