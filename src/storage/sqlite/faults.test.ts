// A disk that fills up, and one whose fsync fails: nothing half stored, nothing twice, and commits go on afterwards.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import { openWriter } from './driver.js';
import { openSqliteStore } from './store.js';

const COMMITTER = fileURLToPath(new URL('./fixtures/committer.mjs', import.meta.url));
const STORE = new URL('../../../dist/storage/sqlite/store.js', import.meta.url).href;
const SAMPLE = new URL('../../../dist/testing/sample-run.js', import.meta.url).href;

const CAN_MOUNT = canMount();
const CAN_INJECT = spawnSync('strace', ['-e', 'inject=fsync:error=EIO:when=1', 'true']).status === 0;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-faults-'));
});

afterEach(() => rm(directory, { recursive: true }));

function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'xtrack-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status === 0;
  if (mounted) spawnSync('umount', [probe]);
  spawnSync('rmdir', [probe]);
  return mounted;
}

describe('a full disk', () => {
  it.skipIf(!CAN_MOUNT)(
    'refuses commits, stays readable, and goes on when there is room (needs root: a tmpfs)',
    { timeout: 60_000 },
    async () => {
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
      try {
        await writeFile(join(directory, 'ballast'), Buffer.alloc(1024 * 1024));
        const store = await openSqliteStore({ directory });
        const run = new SampleRun('r');
        const batch = (from: number, name: string) => {
          for (let seq = from; seq < from + 500; seq++) run.metric({ seq, value: Math.sin(seq * seq) });
          run.log({
            seq: from + 1_000_000,
            message: Buffer.from(Float64Array.from({ length: 4_000 }, (_, at) => Math.sin(at * from))).toString('hex'),
          });
          return run.take({ runs: [sampleRecord('r', { name })] });
        };
        let seq = 1;
        const failure = await (async () => {
          for (; seq < 1_000_000; seq += 500) {
            try {
              await store.commit(batch(seq, `at ${seq}`));
            } catch (error) {
              return error;
            }
          }
          return undefined;
        })();
        expect(failure).toMatchObject({ code: 'XT_STORE_WRITE' });
        const stored = seq - 1;
        expect(await store.getRun('r')).toMatchObject({ name: `at ${seq - 500}` });
        expect(await store.listSeries('r')).toMatchObject([{ count: stored }]);
        expect((await store.readSeries({ runId: 'r', key: 'loss' }))[0]?.total).toBe(stored);
        await rm(join(directory, 'ballast'));
        await store.commit(batch(seq, 'room again'));
        expect(await store.listSeries('r')).toMatchObject([{ count: stored + 500 }]);
        expect((await store.readSeries({ runId: 'r', key: 'loss' }))[0]?.total).toBe(stored + 500);
        await store.close();
        expectSound();
      } finally {
        spawnSync('umount', [directory]);
      }
    },
  );
});

describe('a full disk under a store that waits', () => {
  it.skipIf(!CAN_MOUNT)(
    'holds the commit back, stays readable, and stores it by itself when there is room (needs root: a tmpfs)',
    { timeout: 60_000 },
    async () => {
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
      try {
        await writeFile(join(directory, 'ballast'), Buffer.alloc(2 * 1024 * 1024));
        const store = await openSqliteStore({ directory, retryFor: Number.POSITIVE_INFINITY });
        const run = new SampleRun('r');
        await store.commit(run.take({ runs: [sampleRecord('r', { name: 'before' })] }));
        run.log({ seq: 1, message: randomBytes(1024 * 1024).toString('hex') });
        let stored = false;
        const commit = store.commit(run.take({ runs: [sampleRecord('r', { name: 'after' })] })).then(() => {
          stored = true;
        });
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(stored).toBe(false);
        expect(await store.getRun('r')).toMatchObject({ name: 'before' });
        await rm(join(directory, 'ballast'));
        await commit;
        expect(await store.getRun('r')).toMatchObject({ name: 'after' });
        await store.close();
        expectSound();
      } finally {
        spawnSync('umount', [directory]);
      }
    },
  );

  it.skipIf(!CAN_MOUNT)('lets go of it when it is closed (needs root: a tmpfs)', async () => {
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
    try {
      const store = await openSqliteStore({ directory, retryFor: Number.POSITIVE_INFINITY });
      const run = new SampleRun('r');
      run.log({ seq: 1, message: randomBytes(4 * 1024 * 1024).toString('hex') });
      const commit = store.commit(run.take({ runs: [sampleRecord('r', {})] })).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await store.close();
      expect(await commit).toMatchObject({ code: 'XT_STORE_WRITE' });
    } finally {
      spawnSync('umount', [directory]);
    }
  });
});

describe('a disk whose fsync fails now and then', () => {
  it.skipIf(!CAN_INJECT)(
    'never resolves a commit that is not durable, and never stores one twice (needs strace)',
    { timeout: 120_000 },
    async () => {
      const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO:when=40+17'];
      const child = spawnSync('strace', [...inject, process.execPath, COMMITTER, STORE, SAMPLE, directory, 'r', '300', '120'], {
        encoding: 'utf8',
      });
      expect(child.stderr).toContain('XT_STORE_WRITE');
      expect(child.stdout.trim().split('\n').at(-1)).toBe('36000');
      const store = await openSqliteStore({ directory, readOnly: true });
      expect(await store.listSeries('r')).toMatchObject([
        { key: 'loss', count: 36_000 },
        { key: 'rare', count: 3_600 },
      ]);
      const [series] = await store.readSeries({ runId: 'r', key: 'loss' });
      const seqs = series?.kind === 'points' ? series.seq : new Float64Array();
      expect([seqs.length, seqs.findIndex((seq, at) => seq !== at + 1)]).toEqual([36_000, -1]);
      let events = 0;
      for await (const block of store.readBlocks('r')) events += block.events;
      expect(events).toBe(39_600);
      await store.close();
      expectSound();
    },
  );
});

function expectSound(): void {
  const connection = openWriter(join(directory, 'xtrack.db'));
  expect(connection.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  connection.close();
}
