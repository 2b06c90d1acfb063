import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import type { Store } from '../store.js';
import { openWriter } from './driver.js';
import { restoreBackup } from './restore.js';
import { openSqliteStore } from './store.js';

let base: string;
let directory: string;
let file: string;
let open: Store[];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'xtrack-backup-'));
  directory = join(base, 'data');
  file = join(base, 'copy.db');
  open = [];
});

afterEach(async () => {
  for (const store of open) await store.close();
  await rm(base, { recursive: true });
});

async function openStore(place = directory, readOnly = false): Promise<Store> {
  const store = await openSqliteStore({ directory: place, readOnly });
  open.push(store);
  return store;
}

/** Commits so many events to a run; the digest of its event log after each commit. */
async function* writing(store: Store, run: SampleRun, commits: number): AsyncGenerator<string> {
  const hash = createHash('sha256');
  for (let commit = 0; commit < commits; commit++) {
    for (let seq = 1 + commit * 50; seq <= (commit + 1) * 50; seq++) run.metric({ seq, value: Math.sin(seq), step: seq });
    const batch = run.take();
    for (const { bytes } of batch.blocks) hash.update(bytes);
    await store.commit(batch);
    yield hash.copy().digest('hex');
  }
}

async function digestOf(store: Store, runId: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const { bytes } of store.readBlocks(runId)) hash.update(bytes);
  return hash.digest('hex');
}

async function oneRun(): Promise<Store> {
  const store = await openStore();
  for await (const _digest of writing(store, new SampleRun('one'), 3));
  return store;
}

describe('a backup', () => {
  it('holds every commit from before it, whole, while commits go on', async () => {
    const store = await openStore();
    const run = new SampleRun('busy');
    const digests: string[] = [];
    let copying: Promise<void> | undefined;
    let before = 0;
    let after = 0;
    for await (const digest of writing(store, run, 2_000)) {
      digests.push(digest);
      if (digests.length === 200) {
        before = digests.length;
        copying = store.backup?.(file).then(() => {
          after = digests.length;
        });
      }
      if (after > 0) break;
    }
    await copying;
    await restoreBackup({ file, directory: join(base, 'restored') });
    const restored = await openStore(join(base, 'restored'));
    const held = digests.indexOf(await digestOf(restored, 'busy')) + 1;
    expect(held).toBeGreaterThanOrEqual(before);
    expect(held).toBeLessThanOrEqual(after === 0 ? digests.length : after);
    const [series] = await restored.listSeries('busy');
    expect(series).toMatchObject({ count: held * 50, last: { value: Math.sin(held * 50) } });
  });

  it('is one file for this user alone, and leaves nothing else behind', async () => {
    const store = await oneRun();
    await store.backup?.(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(base)).sort()).toEqual(['copy.db', 'data']);
    await store.backup?.(file);
    expect((await readdir(base)).sort()).toEqual(['copy.db', 'data']);
  });

  it('is compressed where its name says so, and then holds the same', async () => {
    const store = await oneRun();
    await store.backup?.(`${file}.gz`);
    expect(
      gunzipSync(await readFile(`${file}.gz`))
        .subarray(0, 15)
        .toString(),
    ).toBe('SQLite format 3');
    expect((await stat(`${file}.gz`)).mode & 0o777).toBe(0o600);
    await restoreBackup({ file: `${file}.gz`, directory: join(base, 'restored') });
    expect(await digestOf(await openStore(join(base, 'restored')), 'one')).toBe(await digestOf(store, 'one'));
  });

  it('is made by a process that only reads, too', async () => {
    await oneRun();
    await (await openStore(directory, true)).backup?.(file);
    expect(await restoreBackup({ file, directory: join(base, 'restored') })).toMatchObject({ runs: 1 });
  });

  it('never takes the place of the data itself', async () => {
    const store = await oneRun();
    for (const name of ['xtrack.db', 'xtrack.db-wal', join('..', 'data', 'xtrack.db')]) {
      await expect(store.backup?.(join(directory, name))).rejects.toMatchObject({ code: 'XT_ARGUMENT' });
    }
    expect(await store.findRuns({})).toHaveLength(1);
  });

  it('fails with XT_FILE where it cannot be written, and the store goes on', async () => {
    const store = await oneRun();
    await expect(store.backup?.(join(base, 'nowhere', 'copy.db'))).rejects.toMatchObject({ code: 'XT_FILE' });
    await expect(store.backup?.(directory)).rejects.toMatchObject({ code: 'XT_FILE' });
    await store.commit(new SampleRun().log({ seq: 1 }).take());
    expect((await readdir(base)).sort()).toEqual(['data']);
  });
});

describe('restoring a backup', () => {
  it('refuses to replace runs unless it is told to, and keeps them beside the new ones', async () => {
    const store = await oneRun();
    await store.backup?.(file);
    await store.commit(new SampleRun('two').log({ seq: 1 }).take());
    await store.close();
    const refused = restoreBackup({ file, directory });
    await expect(refused).rejects.toMatchObject({ code: 'XT_STORE_EXISTS', detail: expect.stringContaining('2 runs') });
    expect(await restoreBackup({ file, directory, force: true })).toMatchObject({ runs: 1 });
    expect((await (await openStore()).findRuns({})).map(({ runId }) => runId)).toEqual(['one']);
    expect(await readdir(directory)).toContain('xtrack.db.replaced');
  });

  it('goes into a data directory that has no runs yet', async () => {
    const store = await oneRun();
    await store.backup?.(file);
    const empty = await openStore(join(base, 'empty'));
    await empty.close();
    expect(await restoreBackup({ file, directory: join(base, 'empty') })).toMatchObject({ runs: 1 });
  });

  it('refuses while another process has the data open, and changes nothing', async () => {
    const store = await oneRun();
    await store.backup?.(file);
    const holder = new Worker(
      `const { openWriter } = await import(${JSON.stringify(new URL('../../../dist/storage/sqlite/driver.js', import.meta.url).href)});
       const { parentPort } = await import('node:worker_threads');
       const connection = openWriter(${JSON.stringify(join(directory, 'xtrack.db'))});
       connection.exec('BEGIN'); connection.prepare('SELECT count(*) FROM runs').get();
       parentPort.postMessage('open');
       parentPort.on('message', () => { connection.exec('COMMIT'); connection.close(); process.exit(0); });`,
      { eval: true, execArgv: ['--input-type=module'] },
    );
    await once(holder, 'message');
    await store.close();
    await expect(restoreBackup({ file, directory, force: true })).rejects.toMatchObject({
      code: 'XT_STORE_OPEN',
      detail: expect.stringContaining('another process'),
    });
    holder.postMessage('end');
    await once(holder, 'exit');
    expect((await readdir(directory)).filter((name) => name !== 'xtrack.db')).toEqual([]);
  });

  it.each([
    ['something else', async () => writeFile(file, 'not a backup at all, but long enough'.repeat(9))],
    ['an empty file', async () => writeFile(file, '')],
    ['a compressed something else', async () => appendFile(file, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]))],
    ['nothing', async () => undefined],
  ])('refuses %s, and leaves no trace', async (_what, make) => {
    await make();
    await expect(restoreBackup({ file, directory })).rejects.toMatchObject({ code: 'XT_FILE' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('refuses a backup that is cut off or damaged inside', async () => {
    const store = await oneRun();
    await store.backup?.(file);
    const whole = await readFile(file);
    await truncate(file, whole.length - 8192);
    await expect(restoreBackup({ file, directory: join(base, 'other') })).rejects.toMatchObject({ code: 'XT_FILE' });
    await writeFile(file, Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 7)]));
    await expect(restoreBackup({ file, directory: join(base, 'other') })).rejects.toMatchObject({ code: 'XT_FILE' });
  });

  it('refuses one that a newer version wrote', async () => {
    const store = await oneRun();
    await store.backup?.(file);
    const connection = openWriter(file);
    connection.exec('PRAGMA user_version = 9999; PRAGMA journal_mode = DELETE');
    connection.close();
    await expect(restoreBackup({ file, directory: join(base, 'other') })).rejects.toMatchObject({ code: 'XT_STORE_VERSION' });
  });

  it('brings the trash back too', async () => {
    const store = await openStore();
    await store.commit(new SampleRun('gone').take({ runs: [sampleRecord('gone')] }));
    await store.setDeleted('gone', 7);
    await store.backup?.(file);
    await restoreBackup({ file, directory: join(base, 'restored') });
    expect(await (await openStore(join(base, 'restored'))).findRuns({ deleted: 'only' })).toMatchObject([{ runId: 'gone', deletedAt: 7 }]);
  });
});
