// Params, logs, artifacts, checkpoints: exact values, the order logged, and pages.

import { expect } from 'vitest';
import type { Artifact, LogEntry, Param } from '../../protocol/events.js';
import type { EntryQuery, Store } from '../../storage/store.js';
import { SampleRun } from '../sample-run.js';
import type { StoreCase } from './case.js';

async function messages(store: Store, query: Omit<EntryQuery, 'kind'>): Promise<string[]> {
  const entries = (await store.getEntries({ ...query, kind: 'log' })) as LogEntry[];
  return entries.map(({ message }) => message);
}

export function entryCases(test: StoreCase): void {
  test('gives each kind back as it was logged', async ({ store }) => {
    const run = new SampleRun();
    const batch = run
      .param({ seq: 1, key: 'opt.lr', value: { nested: [1, null, 'x', Number.NaN] } })
      .log({ seq: 2, level: 'error', message: 'bad \u0000 \ud800', fields: JSON.parse('{"__proto__": 1}') as Record<string, number> })
      .artifact({ seq: 3, metadata: { a: 1 }, size: 2 ** 40, checksum: 'sha256:00' })
      .checkpoint({ seq: 4, step: 10, metrics: { loss: Number.POSITIVE_INFINITY }, isBest: true })
      .take();
    const entries = structuredClone(batch.entries);
    await store.commit(batch);
    const read = [];
    for (const kind of ['param', 'log', 'artifact', 'checkpoint'] as const)
      read.push(...(await store.getEntries({ runId: run.runId, kind })));
    expect(read).toEqual(entries);
    expect(Object.keys((read[1] as LogEntry).fields ?? {})).toEqual(['__proto__']);
  });

  test('gives artifacts without the bytes that they carry where that is asked', async ({ store }) => {
    const run = new SampleRun()
      .artifact({ seq: 1, upload: 'inline', content: 'AAAA', size: 3 })
      .artifact({ seq: 2, metadata: { a: Number.NaN } });
    await store.commit(run.take());
    const whole = (await store.getEntries({ runId: run.runId, kind: 'artifact' })) as Artifact[];
    const bare = (await store.getEntries({ runId: run.runId, kind: 'artifact', bare: true })) as Artifact[];
    expect(bare).toEqual([{ ...whole[0], content: '' }, whole[1]]);
    expect(whole[0]?.content).toBe('AAAA');
  });

  test('keeps the last value of each param, by key', async ({ store }) => {
    const run = new SampleRun();
    await store.commit(
      run.param({ seq: 1, key: 'b', value: 1 }).param({ seq: 2, key: 'a', value: 2 }).param({ seq: 3, key: '__proto__', value: 3 }).take(),
    );
    await store.commit(run.param({ seq: 4, key: 'b', value: 'new' }).take());
    const params = (await store.getEntries({ runId: run.runId, kind: 'param' })) as Param[];
    expect(params.map(({ key, value }) => [key, value])).toEqual([
      ['__proto__', 3],
      ['a', 2],
      ['b', 'new'],
    ]);
    const page = (await store.getEntries({ runId: run.runId, kind: 'param', newest: true, limit: 2 })) as Param[];
    expect(page.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test('holds values of a mebibyte', async ({ store }) => {
    const run = new SampleRun();
    const value = '\ud83d\ude00\u0000'.repeat(350_000);
    await store.commit(run.log({ seq: 1, message: value }).param({ seq: 2, value }).take());
    expect(await messages(store, { runId: run.runId })).toEqual([value]);
    const [param] = (await store.getEntries({ runId: run.runId, kind: 'param' })) as Param[];
    expect(param?.value === value).toBe(true);
  });

  test('pages through logs from either end', async ({ store }) => {
    const run = new SampleRun();
    for (let seq = 1; seq <= 10; seq++) run.log({ seq, message: `m${seq}` });
    await store.commit(run.take());
    const { runId } = run;
    expect(await messages(store, { runId, limit: 3 })).toEqual(['m1', 'm2', 'm3']);
    expect(await messages(store, { runId, limit: 3, offset: 8 })).toEqual(['m9', 'm10']);
    expect(await messages(store, { runId, limit: 3, newest: true })).toEqual(['m8', 'm9', 'm10']);
    expect(await messages(store, { runId, limit: 3, offset: 2, newest: true })).toEqual(['m6', 'm7', 'm8']);
    expect(await messages(store, { runId, offset: 10, newest: true })).toEqual([]);
    expect(await messages(store, { runId, limit: 0 })).toEqual([]);
  });

  test('filters logs by level and by text, case ignored', async ({ store }) => {
    const run = new SampleRun();
    const levels = ['debug', 'info', 'warning', 'error'] as const;
    for (let seq = 1; seq <= 2_400; seq++)
      run.log({ seq, level: levels[seq % 4] ?? 'info', message: seq % 6 === 0 ? `ÉPOCH ${seq}` : `step ${seq}` });
    await store.commit(run.take());
    const { runId } = run;
    expect(await messages(store, { runId, levels: ['error'], limit: 2 })).toEqual(['step 3', 'step 7']);
    expect(await messages(store, { runId, levels: [] })).toEqual([]);
    expect(await messages(store, { runId, text: 'époch' })).toHaveLength(400);
    const count = (query: Partial<EntryQuery>): Promise<number> => store.countEntries({ runId, kind: 'log', ...query });
    expect(await Promise.all([{}, { levels: ['error'] as const }, { text: 'époch' }].map(count))).toEqual([2_400, 600, 400]);
    expect(await Promise.all([{ runId: 'none' }, { kind: 'param' as const }].map(count))).toEqual([0, 0]);
    expect(await messages(store, { runId, text: 'époch', limit: 2, offset: 1 })).toEqual(['ÉPOCH 12', 'ÉPOCH 18']);
    expect(await messages(store, { runId, text: 'époch', levels: ['debug', 'info'], newest: true, limit: 2 })).toEqual([
      'ÉPOCH 2388',
      'ÉPOCH 2400',
    ]);
  });

  test('refuses pages that make no sense', async ({ store }) => {
    await expect(store.getEntries({ runId: 'r', kind: 'log', limit: -1 })).rejects.toMatchObject({ code: 'XT_ARGUMENT', field: 'limit' });
    await expect(store.findRuns({ offset: 0.5 })).rejects.toMatchObject({ code: 'XT_ARGUMENT', field: 'offset' });
    await expect(store.readSeries({ runId: 'r', key: 'k', maxPoints: 0 })).rejects.toMatchObject({
      code: 'XT_ARGUMENT',
      field: 'maxPoints',
    });
  });
}
