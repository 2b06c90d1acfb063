// Questions over many runs, on the memory store, against values worked out by hand.

import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../protocol/index.js';
import { openMemoryStore } from '../storage/memory/store.js';
import type { RunRecord, Store } from '../storage/store.js';
import { SampleRun, sampleBatch, sampleRecord } from '../testing/sample-run.js';
import { RunQuestions } from './run-questions.js';

interface Plan {
  readonly params?: Readonly<Record<string, JsonValue>>;
  readonly metrics?: Readonly<Record<string, readonly number[]>>;
  readonly record?: Partial<RunRecord>;
}

async function questions(plans: Readonly<Record<string, Plan>>): Promise<RunQuestions> {
  const store: Store = await openMemoryStore();
  for (const [runId, { params = {}, metrics = {}, record = {} }] of Object.entries(plans)) {
    const run = new SampleRun(runId);
    let seq = 0;
    for (const [key, value] of Object.entries(params)) run.param({ seq: ++seq, key, value });
    for (const [key, values] of Object.entries(metrics)) for (const value of values) run.metric({ seq: ++seq, key, value });
    await store.commit(run.take({ runs: [sampleRecord(runId, { experimentId: 'exp', ...record })] }));
  }
  return new RunQuestions(store);
}

describe('the best runs of an experiment', () => {
  const plans = {
    a: { metrics: { loss: [3, 1, 2], acc: [0.5] } },
    b: { metrics: { loss: [0.5, 9], acc: [0.9] } },
    c: { metrics: { loss: [Number.NaN] } },
    d: { metrics: { loss: [0.1] }, record: { experimentId: 'other' } },
  };

  it('are ranked by the best value of each, in the direction that the name tells or that is asked for', async () => {
    const xtrack = await questions(plans);
    const ranked = async (metric: string, mode?: 'min' | 'max') =>
      (await xtrack.leaderboard('exp', metric, mode === undefined ? {} : { mode })).map(({ run, value }) => [run.runId, value]);
    expect(await ranked('loss')).toEqual([
      ['b', 0.5],
      ['a', 1],
    ]);
    expect(await ranked('loss', 'max')).toEqual([
      ['b', 9],
      ['a', 3],
    ]);
    expect((await xtrack.bestRun('exp', 'acc')).run.runId).toBe('b');
    await expect(xtrack.bestRun('exp', 'none')).rejects.toMatchObject({ code: 'XT_METRIC_NOT_FOUND' });
  });
});

describe('runs side by side', () => {
  it('show what differs, and all metrics with the best', async () => {
    const xtrack = await questions({
      a: {
        params: { lr: 0.1, seed: 1, layers: { b: 1, a: 2 } },
        metrics: { loss: [3, 1], acc: [0.5] },
        record: {
          startedAt: 1_000_000,
          endedAt: 3_500_000,
          tags: { team: 'x' },
          source: { gitCommit: 'abc', gitBranch: 'main' },
          environment: { packages: { torch: '2.0', numpy: '1' } },
        },
      },
      b: {
        params: { lr: '0.1', seed: 1, layers: { a: 2, b: 1 }, extra: null },
        metrics: { loss: [2], f1: [0.3] },
        record: {
          tags: { team: 'x' },
          source: { gitCommit: 'def', gitBranch: 'main' },
          environment: { packages: { torch: '2.1', numpy: '1' } },
        },
      },
    });
    const comparison = await xtrack.compareRuns(['a', 'b']);
    expect(comparison).toMatchObject({
      params: [
        { key: 'extra', values: [undefined, null] },
        { key: 'lr', values: [0.1, '0.1'] },
      ],
      sameParams: 2,
      tags: [],
      source: [{ key: 'gitCommit', values: ['abc', 'def'] }],
      environment: [{ key: 'packages.torch', values: ['2.0', '2.1'] }],
      durations: [2.5, null],
    });
    expect(comparison.metrics.map(({ key, best }) => [key, best])).toEqual([
      ['acc', null],
      ['f1', null],
      ['loss', 0],
    ]);
    expect(comparison.metrics[2]?.values).toEqual([
      { last: 1, min: 1, max: 3, count: 2 },
      { last: 2, min: 2, max: 2, count: 1 },
    ]);
  });

  it('are two at least, and exist', async () => {
    const xtrack = await questions({ a: {} });
    await expect(xtrack.compareRuns(['a'])).rejects.toMatchObject({ code: 'XT_ARGUMENT' });
    await expect(xtrack.compareRuns(['a', 'b'])).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
  });
});

describe('what a metric hangs on', () => {
  it('is the param that moves it; one that is always the same is left out', async () => {
    const plans = Object.fromEntries(
      Array.from({ length: 60 }, (_, at): [string, Plan] => {
        const lr = (at * 37) % 60;
        const params = { lr, noise: (at * 7) % 13, model: at % 3 === 0 ? 'vit' : 'mlp', same: 1 };
        return [`r${at}`, { params, metrics: { loss: [lr * lr + (at % 3 === 0 ? 400 : 0)] } }];
      }),
    );
    const params = await (await questions(plans)).paramSensitivity('exp', 'loss');
    expect(params.map(({ key }) => key)).toEqual(['lr', 'model', 'noise']);
    const [lr, model, noise] = params;
    expect(lr?.importance).toBeGreaterThan(0.6);
    expect(noise?.importance).toBeLessThan(0.1);
    expect(lr?.correlation).toBeGreaterThan(0.9);
    expect(model?.correlation).toBeNull();
    expect(model?.values.map(({ value, runs }) => [value, runs])).toEqual([
      ['mlp', 40],
      ['vit', 20],
    ]);
  });

  it('is told by value where there are few runs', async () => {
    const plan = (lr: JsonValue, loss: number): Plan => ({ params: { lr }, metrics: { loss: [loss, loss + 1] } });
    const xtrack = await questions({ a: plan(1, 4), b: plan(1, 6), c: plan(2, 1), d: plan('auto', 9), e: { metrics: { loss: [5] } } });
    expect(await xtrack.paramSensitivity('exp', 'loss')).toEqual([
      {
        key: 'lr',
        runs: 4,
        distinct: 3,
        values: [
          { value: 2, runs: 1, mean: 1, min: 1, max: 1, deviation: null },
          { value: 1, runs: 2, mean: 5, min: 4, max: 6, deviation: Math.SQRT2 },
          { value: 'auto', runs: 1, mean: 9, min: 9, max: 9, deviation: null },
        ],
        correlation: null,
        importance: null,
      },
    ]);
    await expect(xtrack.paramSensitivity('exp', 'none')).rejects.toMatchObject({ code: 'XT_METRIC_NOT_FOUND' });
  });
});

describe('two groups of runs', () => {
  it('differ as Welch and the bootstrap say', async () => {
    const values = { a: [0.91, 0.93, 0.89, 0.95, 0.92], b: [0.88, 0.9, 0.86, 0.87] };
    const plans = Object.entries(values).flatMap(([team, all]) =>
      all.map((acc, at): [string, Plan] => [`${team}${at}`, { metrics: { acc: [acc] }, record: { tags: { team } } }]),
    );
    const xtrack = await questions(Object.fromEntries(plans));
    const result = await xtrack.compareGroups("tags.team = 'a'", "tags.team = 'b'", 'acc');
    // scipy.stats.ttest_ind(a, b, equal_var=False)
    expect(result.t).toBeCloseTo(3.2319936776748275, 10);
    expect(result.degrees).toBeCloseTo(6.998645445309855, 10);
    expect(result.p).toBeCloseTo(0.014415738522405417, 10);
    expect(result.difference).toBeCloseTo(0.0425, 12);
    expect(result.interval[0]).toBeGreaterThan(0.015);
    expect(result.interval[1]).toBeLessThan(0.07);
    expect(await xtrack.compareGroups("tags.team = 'a'", "tags.team = 'b'", 'acc')).toEqual(result);
    await expect(xtrack.compareGroups("tags.team = 'a'", "tags.team = 'c'", 'acc')).rejects.toMatchObject({ code: 'XT_ARGUMENT' });
    await expect(xtrack.compareGroups('tags.', 'b', 'acc')).rejects.toMatchObject({ code: 'XT_SEARCH' });
  });
});

describe('the family of a run', () => {
  it('goes from the oldest ancestor down, and no cycle holds it up', async () => {
    const store = await openMemoryStore();
    const child = (runId: string, parentRunId: string | null, createdAt: number): RunRecord =>
      sampleRecord(runId, { parentRunId, createdAt });
    const family = [child('root', 'unknown', 1), child('b', 'root', 3), child('a', 'root', 2), child('leaf', 'a', 4)];
    await store.commit(sampleBatch({ runs: [...family, child('x', 'y', 1), child('y', 'x', 2), child('self', 'self', 1)] }));
    const xtrack = new RunQuestions(store);
    type Tree = readonly [string, ...Tree[]];
    const shape = ({ run, children }: Awaited<ReturnType<typeof xtrack.getLineage>>): Tree => [run.runId, ...children.map(shape)];
    expect(shape(await xtrack.getLineage('leaf'))).toEqual(['root', ['a', ['leaf']], ['b']]);
    expect(shape(await xtrack.getLineage('x'))).toEqual(['y', ['x']]);
    expect(shape(await xtrack.getLineage('self'))).toEqual(['self']);
  });
});
