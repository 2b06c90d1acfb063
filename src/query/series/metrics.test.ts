import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../storage/memory/store.js';
import type { SeriesData, Store } from '../../storage/store.js';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import { RunReader } from '../run-reader.js';

const START = 1_700_000_000_000_000;

let store: Store;
let reader: RunReader;

beforeEach(async () => {
  store = await openMemoryStore();
  reader = new RunReader(store);
});

async function keep(run: SampleRun): Promise<string> {
  await store.commit(run.take({ runs: [sampleRecord(run.runId, { startedAt: START })] }));
  return run.runId;
}

const columns = (series: object, ...names: string[]): number[][] =>
  names.map((name) => Array.from((series as Readonly<Record<string, Float64Array>>)[name] ?? []));

describe('the axis of a metric', () => {
  it('is seconds since the run began where it is relative, and so is the range', async () => {
    const run = new SampleRun();
    for (let seq = 0; seq < 10; seq++) run.metric({ seq: seq + 1, ts: START + seq * 500_000, value: seq });
    const runId = await keep(run);
    const [all] = await reader.getMetrics(runId, 'loss', { by: 'relative' });
    expect(Array.from(all?.x ?? [])).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]);
    const [some] = await reader.getMetrics(runId, 'loss', { by: 'relative', range: { from: 1, to: 2.5 } });
    expect(columns(some as SeriesData, 'x', 'value')).toEqual([
      [1, 1.5, 2, 2.5],
      [2, 3, 4, 5],
    ]);
    const [reduced] = await reader.getMetrics(runId, 'loss', { by: 'relative', maxPoints: 3 });
    expect(Array.from(reduced?.x ?? [])).toEqual([0, 1.5, 3]);
  });

  it('is the step where none is asked for', async () => {
    const runId = await keep(new SampleRun().metric({ seq: 1, step: 7, value: 1 }).metric({ seq: 2, value: 2 }));
    const [series] = await reader.getMetrics(runId, 'loss');
    expect(Array.from(series?.x ?? [])).toEqual([7, Number.NaN]);
  });
});

describe('a metric of several workers as one', () => {
  const workers = (values: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>): SampleRun => {
    const run = new SampleRun();
    for (const [worker, points] of Object.entries(values))
      points.forEach(([step, value], at) => void run.metric({ seq: at + 1, worker, step, value }));
    return run;
  };

  it('merges equal steps, and tells how many points each entry is made of', async () => {
    const run = workers({
      '0': [
        [1, 1],
        [2, 2],
        [3, 9],
      ],
      '1': [
        [2, 4],
        [1, 3],
      ],
    });
    const runId = await keep(run);
    const read = async (aggregate: 'mean' | 'min' | 'max' | 'sum') => (await reader.getMetrics(runId, 'loss', { aggregate }))[0];
    const mean = await read('mean');
    expect(mean).toMatchObject({
      kind: 'aggregated',
      workers: ['0', '1'],
      workerLastTs: [1_700_000_000_003_000, 1_700_000_000_002_000],
      total: 5,
      key: 'loss',
      aggregate: 'mean',
    });
    expect(columns(mean ?? {}, 'x', 'value', 'min', 'max', 'count')).toEqual([
      [1, 2, 3],
      [2, 3, 9],
      [1, 2, 9],
      [3, 4, 9],
      [2, 2, 1],
    ]);
    expect(Array.from((await read('sum'))?.value ?? [])).toEqual([4, 6, 9]);
    expect(Array.from((await read('min'))?.value ?? [])).toEqual([1, 2, 9]);
    expect(Array.from((await read('max'))?.value ?? [])).toEqual([3, 4, 9]);
  });

  it('counts NaN and infinities, and keeps them out of the value', async () => {
    const run = workers({
      '0': [
        [1, Number.NaN],
        [2, Number.POSITIVE_INFINITY],
      ],
      '1': [
        [1, 3],
        [2, Number.NaN],
      ],
    });
    const [merged] = await reader.getMetrics(await keep(run), 'loss', { aggregate: 'mean' });
    expect(columns(merged ?? {}, 'value', 'count', 'nonFinite', 'present')).toEqual([
      [3, Number.NaN],
      [2, 2],
      [1, 2],
      [1, 0],
    ]);
  });

  it('keeps phases and superseded points apart', async () => {
    const run = new SampleRun();
    run
      .metric({ seq: 1, worker: '0', incarnation: 'a', step: 1, value: 1 })
      .metric({ seq: 2, worker: '0', incarnation: 'a', step: 2, value: 50 });
    run.metric({ seq: 1, worker: '0', incarnation: 'b', step: 2, value: 2 }).metric({ seq: 1, worker: '1', step: 2, value: 4 });
    run.metric({ seq: 2, worker: '1', step: 2, value: 7, context: { phase: 'val' } });
    const merged = await reader.getMetrics(await keep(run), 'loss', { aggregate: 'mean', superseded: 'show' });
    expect(merged.map(({ phase, superseded, value }) => [phase, superseded, ...value])).toEqual([
      ['', false, 1, 3],
      ['', true, 50],
      ['val', false, 7],
    ]);
  });

  it('equals a plain fold over the points, at full resolution and in buckets', async () => {
    const point = fc.record({
      worker: fc.constantFrom('0', '1', '2'),
      step: fc.integer({ min: 0, max: 12 }),
      value: fc.integer({ min: -9, max: 9 }),
    });
    const property = fc.asyncProperty(
      fc.array(point, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 8 }),
      async (points, maxPoints) => {
        const run = new SampleRun();
        points.forEach((draft, at) => void run.metric({ seq: at + 1, ...draft }));
        const runId = await keep(run);
        for (const options of [{}, { maxPoints }]) {
          const [merged] = await reader.getMetrics(runId, 'loss', { aggregate: 'sum', ...options });
          const x = Array.from(merged?.x ?? []);
          const entryOf = (step: number): number => x.findLastIndex((from) => from <= step);
          const expected = x.map((_, entry) => {
            const members = points.filter(({ step }) => entryOf(step) === entry);
            const means = ['0', '1', '2'].flatMap((worker) => {
              const own = members.filter((member) => member.worker === worker);
              return own.length === 0 ? [] : [own.reduce((sum, { value }) => sum + value, 0) / own.length];
            });
            return means.reduce((sum, mean) => sum + mean, 0);
          });
          expect(merged?.value.length).toBe(expected.length);
          expected.forEach((value, at) => void expect(merged?.value[at]).toBeCloseTo(value, 9));
          expect(merged?.count.reduce((a, b) => a + b, 0)).toBe(points.length);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('every point of a run', () => {
  it('comes series by series, what was superseded told apart', async () => {
    const run = new SampleRun();
    for (const step of [1, 2, 3]) run.metric({ seq: step, incarnation: 'a', step, value: step });
    run.metric({ seq: 1, incarnation: 'b', step: 2, value: 20 }).metric({ seq: 2, incarnation: 'b', key: 'acc', value: 1 });
    const runId = await keep(run);
    const rows: unknown[] = [];
    for await (const { key, incarnation, step, value, supersededFrom } of reader.streamMetrics(runId))
      for (const [at, one] of value.entries()) rows.push([key, incarnation, one, (step[at] as number) >= supersededFrom]);
    expect(rows).toEqual([
      ['acc', 'b', 1, false],
      ['loss', 'a', 1, false],
      ['loss', 'a', 2, true],
      ['loss', 'a', 3, true],
      ['loss', 'b', 20, false],
    ]);
    const keys: string[] = [];
    for await (const { key } of reader.streamMetrics(runId, { keys: ['acc'] })) keys.push(key);
    expect(keys).toEqual(['acc']);
  });
});
