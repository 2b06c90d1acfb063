// Searches: what they mean is said by the predicate in memory, and every store answers as it does, page by page and to the last point.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { SearchPage, SearchQuery } from '../../storage/search/query.js';
import type { Condition, MetricValue, Value } from '../../storage/search/tree.js';
import type { RunRecord, Store } from '../../storage/store.js';
import { SampleRun, sampleBatch, sampleRecord } from '../sample-run.js';
import { expectedRuns, type Found, recordOf } from '../search-model.js';
import { type SampleRunPlan, sampleRunPlan, sampleSearch } from '../search-samples.js';
import type { StoreCase } from './case.js';

const LOSS: MetricValue = { kind: 'metric', key: 'loss', phase: '', stat: 'last' };
const ALL = { where: null, orderBy: [], limit: 100 } as const;

function below(of: Value, limit: number): Condition {
  return { kind: 'compare', operator: '<', left: of, right: { kind: 'number', value: limit } };
}

async function found(store: Store, query: Partial<SearchQuery>): Promise<string[]> {
  return (await store.search({ ...ALL, ...query })).runs.map(({ runId }) => runId);
}

export function searchCases(test: StoreCase): void {
  test('finds nothing where there is nothing, and everything without a condition, newest first', async ({ store }) => {
    expect(await store.search(ALL)).toEqual({ runs: [], values: [], cursor: null });
    const runs = [1, 3, 2].map((createdAt) => sampleRecord(`r${createdAt}`, { createdAt, tags: { a: 'b' } }));
    await store.commit(sampleBatch({ runs }));
    const { runs: all, cursor } = await store.search(ALL);
    expect([all, cursor]).toEqual([[runs[1], runs[2], runs[0]], null]);
  });

  test('sees the points of a run that goes on, and the same when it has ended', async ({ store }) => {
    const run = new SampleRun('live');
    await store.commit(run.metric({ seq: 1, value: 5 }).take());
    expect(await found(store, { where: below(LOSS, 3) })).toEqual([]);
    await store.commit(run.metric({ seq: 2, value: 2 }).take());
    expect(await found(store, { where: below(LOSS, 3) })).toEqual(['live']);
    expect(await found(store, { where: below({ ...LOSS, stat: 'max' }, 5.5), orderBy: [{ by: LOSS, descending: true }] })).toEqual([
      'live',
    ]);
    await store.commit(run.metric({ seq: 3, value: 1 }).take({ runs: [sampleRecord('live', { status: 'completed' })] }));
    expect((await store.search({ ...ALL, select: [LOSS, { ...LOSS, stat: 'count' }] })).values).toEqual([[1, 3]]);
  });

  test('gives each run once however many come in between two pages', async ({ store }) => {
    const add = async (from: number, to: number): Promise<void> => {
      const runs = Array.from({ length: to - from }, (_, at) => sampleRecord(`r${from + at}`, { createdAt: 100 + from + at }));
      await store.commit(sampleBatch({ runs }));
    };
    await add(0, 6);
    const first = await store.search({ ...ALL, limit: 4 });
    await add(6, 12);
    const second = await store.search({ ...ALL, limit: 4, cursor: first.cursor });
    expect([...first.runs, ...second.runs].map(({ runId }) => runId)).toEqual(['r5', 'r4', 'r3', 'r2', 'r1', 'r0']);
    expect(second.cursor).toBeNull();
  });

  test('leaves out what lies in the trash, whether it goes on or has ended', async ({ store }) => {
    for (const status of ['running', 'completed'] as const) {
      const run = new SampleRun(status).metric({ seq: 1, value: 1 });
      await store.commit(run.take({ runs: [sampleRecord(status, { status })] }));
      await store.setDeleted(status, 1_700_000_000_000_000);
    }
    expect(await found(store, { where: below(LOSS, 3) })).toEqual([]);
    expect(await found(store, {})).toEqual([]);
    await store.setDeleted('running', null);
    expect(await found(store, { where: below(LOSS, 3) })).toEqual(['running']);
  });

  test('forgets a deleted run', async ({ store }) => {
    const run = new SampleRun('gone').metric({ seq: 1, value: 1 }).param({ seq: 2 });
    await store.commit(run.take());
    await store.deleteRun('gone');
    expect(await found(store, { where: below(LOSS, 3) })).toEqual([]);
    expect(await found(store, {})).toEqual([]);
  });

  test('lists the keys that there are', async ({ store }) => {
    const run = new SampleRun('r')
      .metric({ seq: 1, key: 'val/acc' })
      .metric({ seq: 2 })
      .param({ seq: 3, key: '\u0000 b' })
      .param({ seq: 4 });
    await store.commit(run.take({ runs: [sampleRecord('r', { tags: { z: '1', a: '2' } })] }));
    await store.commit(new SampleRun('s').metric({ seq: 1 }).take({ runs: [sampleRecord('s', { status: 'completed' })] }));
    expect(await store.listKeys()).toEqual({ params: ['\u0000 b', 'lr'].sort(), tags: ['a', 'z'], metrics: ['loss', 'val/acc'] });
  });

  test('lists the keys of the runs of some experiments alone', async ({ store }) => {
    for (const [runId, experimentId, status] of [
      ['a', 'one', 'running'],
      ['b', 'one', 'completed'],
      ['c', 'two', 'completed'],
      ['d', null, 'running'],
      ['e', 'one', 'failed'],
    ] as const) {
      const run = new SampleRun(runId).metric({ seq: 1, key: `m${runId}` }).param({ seq: 2, key: `p${runId}` });
      await store.commit(run.take({ runs: [sampleRecord(runId, { experimentId, status, tags: { [`t${runId}`]: 'x' } })] }));
    }
    await store.setDeleted('e', 1);
    expect(await store.listKeys(['one', 'none'])).toEqual({ params: ['pa', 'pb'], tags: ['ta', 'tb'], metrics: ['ma', 'mb'] });
    expect(await store.listKeys([])).toEqual({ params: [], tags: [], metrics: [] });
  });

  test('searches the trash, and nothing else, where that is asked', async ({ store }) => {
    for (const status of ['running', 'completed'] as const) {
      const run = new SampleRun(status).metric({ seq: 1, value: 1 });
      await store.commit(run.take({ runs: [sampleRecord(status, { status })] }));
    }
    await store.setDeleted('running', 77);
    expect(await found(store, { deleted: 'only' })).toEqual(['running']);
    expect(await found(store, { deleted: 'only', where: below(LOSS, 3) })).toEqual(['running']);
    expect(await found(store, { deleted: 'only', where: below(LOSS, 0) })).toEqual([]);
    const [run] = (await store.search({ ...ALL, deleted: 'only' })).runs;
    expect(run?.deletedAt).toBe(77);
  });

  test('refuses limits and cursors that make no sense', async ({ store }) => {
    await store.commit(sampleBatch({ runs: ['a', 'b'].map((id) => sampleRecord(id)) }));
    const { cursor } = await store.search({ ...ALL, limit: 1 });
    const byName = [{ by: { kind: 'field', field: 'name' }, descending: false }] as const;
    const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const wrong of [
      { limit: 0 },
      { limit: 1.5 },
      { limit: 10_001 },
      { cursor: 'x' },
      { cursor: text([1]) },
      { cursor: text(['a', 'b']) },
    ])
      await expect(store.search({ ...ALL, ...wrong })).rejects.toMatchObject({ code: 'XT_ARGUMENT' });
    await expect(store.search({ ...ALL, orderBy: byName, cursor })).rejects.toMatchObject({ code: 'XT_ARGUMENT' });
  });

  test('answers any search of any runs as the predicate does', async ({ store }) => {
    let round = 0;
    const property = fc.asyncProperty(
      fc.array(sampleRunPlan, { minLength: 1, maxLength: 8 }),
      fc.array(sampleSearch, { minLength: 1, maxLength: 12 }),
      async (plans, searches) => {
        round += 1;
        const ids = plans.map((_, at) => `Run${round}.${at}`);
        for (const [at, plan] of plans.entries()) await put(store, ids[at] as string, plan);
        try {
          for (const search of searches) {
            const wanted = expectedRuns(ids, plans, search);
            expect(await allPages(store, search, ids.length)).toEqual(wanted);
          }
        } finally {
          for (const id of ids) await store.deleteRun(id);
        }
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
}

/** In two commits, so that some of it lies in the tails and some does not. */
async function put(store: Store, runId: string, plan: SampleRunPlan): Promise<void> {
  const run = new SampleRun(runId);
  const record = recordOf(runId, plan);
  let seq = 0;
  for (const [key, value] of plan.params) run.param({ seq: ++seq, key, value });
  const half = Math.ceil(plan.points.length / 2);
  const add = (points: SampleRunPlan['points']): SampleRun => {
    for (const { key, value, phase, worker, incarnation } of points)
      run.metric({ seq: ++seq, key, value, worker, incarnation, ...(phase !== '' && { context: { phase } }) });
    return run;
  };
  await store.commit(add(plan.points.slice(0, half)).take({ runs: [record] }));
  if (half < plan.points.length) await store.commit(add(plan.points.slice(half)).take({ runs: [] }));
}

async function allPages(store: Store, query: Omit<SearchQuery, 'cursor'>, most: number): Promise<Found> {
  const out: Found = { ids: [], values: [] };
  let page: SearchPage<RunRecord> | undefined;
  do {
    page = await store.search({ ...query, cursor: page?.cursor ?? null });
    out.ids.push(...page.runs.map(({ runId }) => runId));
    out.values.push(...page.values);
  } while (page.cursor !== null && out.ids.length <= most);
  return out;
}
