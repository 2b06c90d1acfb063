import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, BEGIN, type EventBody } from '../../../../test/support/api.js';
import type { Store } from '../../../storage/store.js';

let api: Api;

const metric = (value: number, step: number, context?: { phase: 'val' }): EventBody => ({
  type: 'metric',
  key: 'loss',
  value,
  step,
  ...(context && { context }),
});

describe.each(['memory', 'sqlite'] as const)('series over HTTP, kept in %s', (store) => {
  beforeEach(async () => {
    api = await Api.open({ store });
    await api.feed('a', [
      { type: 'run_start', experimentId: 'digits' },
      metric(1, 1),
      metric(Number.NaN, 2),
      metric(Number.NEGATIVE_INFINITY, 3),
    ]);
    await api.feed('a', [metric(9, 1, { phase: 'val' })]);
    await api.feed('a', [metric(3, 1)], { worker: '1' });
    await api.feed('b', [{ type: 'run_start' }, metric(7, 1)]);
  });

  afterEach(() => api.close());

  it('are listed with count, extremes, first and last point', async () => {
    const { json } = await api.get('/runs/a/metrics');
    expect(json.map(({ key, phase, worker, count }: Record<string, unknown>) => [key, phase, worker, count])).toEqual([
      ['loss', '', '', 3],
      ['loss', '', '1', 1],
      ['loss', 'val', '', 1],
    ]);
    expect(json[0]).toMatchObject({
      min: 1,
      max: 1,
      first: { step: 1, epoch: null, ts: BEGIN + 2_000, value: 1 },
      last: { step: 3, value: '-Infinity' },
    });
  });

  it('come as columns in which nothing is lost', async () => {
    const { json } = await api.get('/runs/a/series?key=loss&phase=&worker=');
    expect(json.series).toEqual([
      {
        runId: 'a',
        key: 'loss',
        phase: '',
        worker: '',
        aggregation: '',
        superseded: false,
        incarnation: null,
        kind: 'points',
        total: 3,
        x: [1, 2, 3],
        step: [1, 2, 3],
        epoch: ['NaN', 'NaN', 'NaN'],
        ts: [BEGIN + 2_000, BEGIN + 3_000, BEGIN + 4_000],
        value: [1, 'NaN', '-Infinity'],
      },
    ]);
    const [buckets] = (await api.get('/runs/a/series?key=loss&phase=&worker=&maxPoints=1')).json.series;
    expect(buckets).toMatchObject({ kind: 'buckets', count: [3], min: [1], nonFinite: [2], last: ['-Infinity'], lastStep: [3] });
    const merged = (await api.get('/runs/a/series?key=loss&aggregate=mean&by=step&from=1&to=1')).json.series;
    expect(merged).toMatchObject([
      {
        kind: 'aggregated',
        worker: null,
        workers: ['', '1'],
        workerLastTs: [BEGIN + 2_000, BEGIN + 1_000],
        value: [2],
        min: [1],
        max: [3],
        present: [2],
      },
      { phase: 'val', value: [9] },
    ]);
    expect((await api.get('/runs/a/series?key=none')).json).toEqual({ series: [] });
    for (const query of [
      '',
      '?key=loss&maxPoints=0',
      '?key=loss&maxPoints=10001',
      '?key=loss&by=moon',
      '?key=loss&from=x',
      '?key=loss&phase=night',
    ])
      expect((await api.get(`/runs/a/series${query}`)).status).toBe(400);
  });

  it('of many runs come in the order asked for; what is not there or not for the caller is empty', async () => {
    const queries = [
      { runId: 'b', key: 'loss' },
      { runId: 'a', key: 'loss', phase: 'val' },
      { runId: 'a', key: 'none' },
      { runId: 'none', key: 'loss' },
    ];
    const shape = async (): Promise<unknown> =>
      (await api.post('/series', { queries, by: 'relative' })).json.series.map((list: { x: number[]; value: number[] }[]) =>
        list.map(({ x, value }) => [x, value]),
      );
    expect(await shape()).toEqual([[[[0.001], [7]]], [[[0.004], [9]]], [], []]);
    api.as({ scope: 'view', experiment: 'digits' });
    expect(await shape()).toEqual([[], [[[0.004], [9]]], [], []]);
    expect((await api.post('/series', { queries: Array.from({ length: 401 }, () => queries[0]) })).status).toBe(400);
    expect((await api.post('/series', {})).status).toBe(400);
    const many = Array.from({ length: 61 }, () => queries[0]);
    expect(await api.post('/series', { queries: many, maxPoints: 10_000 })).toMatchObject({
      status: 400,
      json: { code: 'XT_ARGUMENT', detail: expect.stringContaining('600000 at once') },
    });
    expect((await api.post('/series', { queries: many.slice(1), maxPoints: 10_000 })).status).toBe(200);
  });

  it('are asked of the store once: each run is looked up once, and all its series are read together', async () => {
    const { store } = api.xtrack as unknown as { store: Store };
    const spies = (['getRun', 'readSeries', 'readManySeries', 'listSeries', 'getEntries', 'getWarnings', 'getMarks'] as const).map((name) =>
      vi.spyOn(store, name),
    );
    const callsOf = async (ask: () => Promise<unknown>): Promise<Record<string, number>> => {
      for (const spy of spies) spy.mockClear();
      await ask();
      return Object.fromEntries(spies.flatMap((spy) => (spy.mock.calls.length === 0 ? [] : [[spy.getMockName(), spy.mock.calls.length]])));
    };
    expect(await callsOf(() => api.get('/runs/a/series?key=loss&by=relative'))).toEqual({ getRun: 1, readManySeries: 1 });
    const queries = Array.from({ length: 400 }, (_, at) => ({ runId: at % 2 === 0 ? 'a' : 'b', key: 'loss' }));
    expect(await callsOf(() => api.post('/series', { queries }))).toEqual({ getRun: 2, readManySeries: 1 });
    expect(await callsOf(() => api.get('/runs/a/metrics'))).toEqual({ getRun: 1, listSeries: 1 });
    expect(await callsOf(() => api.get('/runs/a/params'))).toEqual({ getRun: 1, getEntries: 1 });
    // Marks, warnings, knobs and what became of them.
    expect(await callsOf(() => api.get('/runs/a'))).toEqual({ getRun: 1, getMarks: 1, getWarnings: 1, getEntries: 2 });
  });

  it('of a run that is over are known by a tag until something late comes in', async () => {
    const address = '/runs/a/series?key=loss';
    expect((await api.get(address)).headers['cache-control']).toBe('no-store');
    await api.feed('a', [{ type: 'run_end', status: 'completed' }]);
    await api.feed('a', [{ type: 'run_end', status: 'completed' }], { worker: '1' });
    const first = await api.get(address);
    const tag = String(first.headers.etag);
    expect([first.status, tag]).toEqual([200, expect.stringMatching(/^"[\w-]+"$/)]);
    const again = await api.get(address, { 'if-none-match': `W/${tag}` });
    expect([again.status, again.text]).toEqual([304, '']);
    await api.feed('a', [metric(5, 9)], { worker: 'x.p1' });
    expect((await api.get(address, { 'if-none-match': tag })).status).toBe(200);
  });

  it('stream every point, one a line', async () => {
    await api.feed(
      'a',
      Array.from({ length: 5_000 }, (_, at) => metric(at, at + 10)),
    );
    const { text, headers } = await api.get('/runs/a/points?key=loss&phase=&worker=');
    expect(headers['content-type']).toContain('application/x-ndjson');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(5_003);
    expect(lines.slice(0, 3)).toMatchObject([
      { step: 1, value: 1, epoch: null },
      { step: 2, value: 'NaN' },
      { value: '-Infinity', superseded: false, worker: '' },
    ]);
    expect((await api.get('/runs/a/points?key=none')).text).toBe('');
  });
});
