import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { XTrackError } from '../protocol/errors.js';
import { openMemoryStore } from '../storage/memory/store.js';
import type { RunRecord, Store } from '../storage/store.js';
import { SampleRun, sampleBatch, sampleRecord } from '../testing/sample-run.js';
import { collectGarbage, type GcOptions, type GcReport } from './gc.js';
import type { RetentionRule } from './retention.js';

const DAY_US = 86_400_000_000;

let store: Store;
let directory: string;

beforeEach(async () => {
  store = await openMemoryStore();
  directory = await mkdtemp(join(tmpdir(), 'xtrack-gc-'));
});

afterEach(() => rm(directory, { recursive: true }));

/** µs since the epoch, so many days ago. */
const ago = (days: number): number => Date.now() * 1_000 - days * DAY_US;

async function put(runId: string, days: number, change: Partial<RunRecord> = {}): Promise<void> {
  const times = { createdAt: ago(days + 1), startedAt: ago(days + 1), endedAt: ago(days) };
  await store.commit(sampleBatch({ runs: [sampleRecord(runId, { status: 'completed', ...times, ...change })] }));
}

async function putMeasured(runId: string, loss: number, days = 5, change: Partial<RunRecord> = {}): Promise<void> {
  await put(runId, days, change);
  const record = await store.getRun(runId);
  await store.commit(new SampleRun(runId).metric({ seq: 1, value: loss }).take({ runs: record === undefined ? [] : [record] }));
}

async function gc(options: GcOptions = {}): Promise<GcReport> {
  const purge = async (runId: string): Promise<void> => void (await store.deleteRun(runId));
  const trash = async (runId: string): Promise<void> => void (await store.setDeleted(runId, Date.now() * 1_000));
  return await collectGarbage({ store, directory, trash, purge }, options);
}

const byRule = (rule: RetentionRule): Promise<GcReport> => gc({ rules: { rules: [rule] } });
const idsOf = (rows: readonly { readonly runId: string }[]): string[] => rows.map(({ runId }) => runId).sort();

async function seen(): Promise<string[]> {
  return idsOf(await store.findRuns({}));
}

describe('rules of retention', () => {
  it('move runs that ended too long ago to the trash, and say why', async () => {
    await put('old', 40, { name: 'resnet' });
    await put('young', 20);
    const { trash, purge } = await byRule({ keepDays: 30 });
    expect(trash).toEqual([{ runId: 'old', name: 'resnet', bytes: 0, reason: 'rule 1: ended 40 days ago' }]);
    expect(purge).toEqual([]);
    expect(await seen()).toEqual(['young']);
    expect(idsOf(await store.findRuns({ deleted: 'only' }))).toEqual(['old']);
  });

  it('are about the runs that they match alone', async () => {
    await put('a', 9, { experimentId: 'e', status: 'failed' });
    await put('b', 9, { experimentId: 'e' });
    await put('c', 9, { experimentId: 'other', status: 'failed' });
    await byRule({ experiment: 'e', match: "status = 'failed'", keepDays: 1 });
    expect(await seen()).toEqual(['b', 'c']);
  });

  it.each([
    ['min', ['a', 'c', 'fresh', 'unmeasured']],
    ['max', ['b', 'd', 'fresh']],
  ] as const)('keep the best by a metric (%s), however old', async (mode, kept) => {
    for (const [runId, loss] of Object.entries({ a: 0.1, b: 0.9, c: 0.2, d: 0.8 })) await putMeasured(runId, loss);
    await putMeasured('fresh', 0.5, 0);
    await put('unmeasured', mode === 'min' ? 0 : 5);
    await byRule({ keepDays: 3, keepBest: { count: 2, metric: 'loss', mode } });
    expect(await seen()).toEqual(kept);
  });

  it('keep none but the best where no days are given', async () => {
    await putMeasured('good', 1, 0);
    await putMeasured('bad', 2, 0);
    await byRule({ keepBest: { count: 1, metric: 'loss', mode: 'min' } });
    expect(await seen()).toEqual(['good']);
  });

  it('never touch what is tagged to be kept, nor what lives', async () => {
    await put('pinned', 900, { tags: { keep: 'true' } });
    await put('not pinned', 900, { tags: { keep: 'false' } });
    await put('live', 900, { status: 'training', endedAt: null });
    await put('interrupted', 900, { status: 'interrupted', endedAt: null });
    await byRule({ keepDays: 0 });
    expect(await seen()).toEqual(['interrupted', 'live', 'pinned']);
  });

  it('take other tags to keep by', async () => {
    await put('a', 9, { tags: { paper: 'yes' } });
    await put('b', 9, { tags: { keep: 'true' } });
    await gc({ rules: { rules: [{ keepDays: 1 }], keepTags: { paper: 'yes' } } });
    expect(await seen()).toEqual(['a']);
  });

  it('leave a run alone that another control plane holds, and go on with the others', async () => {
    await put('held', 40);
    await put('old', 40);
    const trash = async (runId: string): Promise<void> => {
      if (runId === 'held') throw new XTrackError('XT_RUN_OWNED', { detail: `run '${runId}' is held by process 7` });
      await store.setDeleted(runId, Date.now() * 1_000);
    };
    const purge = (): Promise<void> => Promise.reject(new XTrackError('XT_STORE_WRITE'));
    const report = await collectGarbage({ store, directory, trash, purge }, { rules: { rules: [{ keepDays: 30 }] } });
    expect(idsOf(report.trash)).toEqual(['old']);
    expect(report.refused).toEqual([{ runId: 'held', code: 'XT_RUN_OWNED', detail: "run 'held' is held by process 7" }]);
    expect(await seen()).toEqual(['held']);
    await expect(collectGarbage({ store, directory, trash, purge }, { trashDays: 0 })).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
  });

  it('remove old log lines, of live runs too', async () => {
    const run = new SampleRun('r');
    for (let seq = 1; seq <= 10; seq++) run.log({ seq, ts: ago(110 - seq * 10) });
    await store.commit(run.take({ runs: [sampleRecord('r', { createdAt: ago(200), counts: { log: 10 } })] }));
    expect((await gc({ rules: { rules: [{ logDays: 55 }] }, dryRun: true })).logs).toMatchObject([
      { runId: 'r', reason: 'rule 1: older than 55 days' },
    ]);
    expect(await store.getEntries({ runId: 'r', kind: 'log' })).toHaveLength(10);
    expect(await byRule({ logDays: 55 })).toMatchObject({ logLines: 5 });
    expect(await store.getEntries({ runId: 'r', kind: 'log' })).toHaveLength(5);
    expect((await byRule({ logDays: 55 })).logs).toEqual([]);
  });

  it.each([
    ['a word that there is not', { rules: [{ keepDay: 3 }] }, 'XT_ARGUMENT'],
    ['a rule that does nothing', { rules: [{ match: "name = 'x'" }] }, 'XT_ARGUMENT'],
    ['days that are none', { rules: [{ keepDays: '3' }] }, 'XT_ARGUMENT'],
    ['a negative number', { trashDays: -1 }, 'XT_ARGUMENT'],
    ['a list', [{ keepDays: 3 }], 'XT_ARGUMENT'],
    ['a search that cannot be read', { rules: [{ match: 'metrics.loss <', keepDays: 3 }] }, 'XT_SEARCH'],
  ])('are refused for %s, and nothing is done', async (_what, rules, code) => {
    await put('old', 400);
    await expect(gc({ rules: rules as GcOptions['rules'] & object })).rejects.toMatchObject({ code });
    expect(await seen()).toEqual(['old']);
  });
});

describe('the trash', () => {
  it('is emptied of what has been there long enough', async () => {
    for (const runId of ['long', 'short', 'pinned', 'live']) await put(runId, 90, runId === 'pinned' ? { tags: { keep: 'true' } } : {});
    await put('live', 90, { status: 'running' });
    for (const runId of ['long', 'pinned', 'live']) await store.setDeleted(runId, ago(31));
    await store.setDeleted('short', ago(29));
    expect(await gc()).toMatchObject({ purge: [{ runId: 'long', reason: '31 days in the trash' }] });
    expect(idsOf(await store.findRuns({ deleted: 'only' }))).toEqual(['live', 'pinned', 'short']);
    expect(idsOf((await gc({ trashDays: 10 })).purge)).toEqual(['short']);
  });

  it('holds what a rule put there for as long as anything else', async () => {
    await put('old', 400);
    await byRule({ keepDays: 1 });
    expect(await byRule({ keepDays: 1 })).toMatchObject({ trash: [], purge: [] });
    expect((await store.getRun('old'))?.deletedAt).toBeGreaterThan(ago(1));
  });
});

describe('a dry run', () => {
  it('tells the same and changes nothing', async () => {
    await put('old', 40);
    await put('older', 90);
    await store.setDeleted('older', ago(50));
    const told = await gc({ rules: { rules: [{ keepDays: 30 }] }, dryRun: true });
    expect([idsOf(told.trash), idsOf(told.purge)]).toEqual([['old'], ['older']]);
    expect(await seen()).toEqual(['old']);
    const done = await gc({ rules: { rules: [{ keepDays: 30 }] } });
    expect({ ...done, dryRun: true }).toEqual(told);
  });
});

describe('leftovers', () => {
  const hashOf = (runId: string): string => createHash('sha256').update(runId).digest('hex');

  /** A folder or a file with 100 bytes, last written so many days ago. */
  async function leave(path: string, days: number, folder = true): Promise<void> {
    const whole = join(directory, path);
    await mkdir(folder ? whole : join(whole, '..'), { recursive: true });
    const file = folder ? join(whole, 'stdout') : whole;
    await writeFile(file, 'x'.repeat(100));
    for (const each of folder ? [file, whole] : [file])
      await utimes(each, Date.now() / 1_000 - days * 86_400, Date.now() / 1_000 - days * 86_400);
  }

  const output = (runId: string): string => join('runs', hashOf(runId).slice(0, 32));
  const media = (runId: string): string => join('media', hashOf(runId).slice(0, 16));

  it('go: folders of runs that are gone or over, damaged spools, old copies', async () => {
    await put('over', 3);
    await put('live', 90, { status: 'running', endedAt: null });
    await store.setDeleted('over', ago(1));
    for (const runId of ['over', 'live', 'gone']) {
      await leave(output(runId), 40);
      await leave(media(runId), 40);
    }
    await leave(output('gone lately'), 20);
    await leave('spool/damaged/a.spool', 40, false);
    await leave('spool/damaged/b.spool', 4, false);
    await leave('spool/waiting.spool', 400, false);
    await leave('xtrack.db.before-0003', 40, false);
    await leave('xtrack.db.replaced', 4, false);
    await leave('xtrack.db.0193.partial', 2, false);
    await leave('xtrack.db', 400, false);
    const told = await gc({ dryRun: true });
    const expected = [
      output('over'),
      output('gone'),
      media('gone'),
      'spool/damaged/a.spool',
      'xtrack.db.before-0003',
      'xtrack.db.0193.partial',
    ];
    expect(told.leftovers.map(({ path }) => path).sort()).toEqual(expected.map((path) => join(directory, path)).sort());
    expect(told.leftovers.every(({ bytes }) => bytes === 100)).toBe(true);
    expect((await gc()).leftovers).toEqual(told.leftovers);
    expect((await gc()).leftovers).toEqual([]);
    expect((await readdir(join(directory, 'media'))).sort()).toEqual([media('live'), media('over')].map((path) => path.slice(6)).sort());
  });

  it('stay where the store knows none of them: it is most likely another one', async () => {
    await put('unrelated', 3);
    await leave(media('someone else'), 400);
    await leave(output('someone else'), 400);
    expect(await gc()).toMatchObject({ leftovers: [], doubt: expect.stringContaining('2 folders') });
    expect(await readdir(join(directory, 'media'))).toHaveLength(1);
  });

  it('are never what has another name, and links are not followed', async () => {
    await put('known', 3);
    await leave(media('known'), 40);
    await leave('media/my-own-things', 400);
    await leave('elsewhere', 400);
    await symlink(join(directory, 'elsewhere'), join(directory, media('a link')));
    expect((await gc()).leftovers).toEqual([]);
    expect(await readdir(join(directory, 'elsewhere'))).toEqual(['stdout']);
  });
});
