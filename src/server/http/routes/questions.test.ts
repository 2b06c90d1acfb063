import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api, BEGIN } from '../../../../test/support/api.js';

let api: Api;

describe.each(['memory', 'sqlite'] as const)('questions over HTTP, kept in %s', (store) => {
  beforeEach(async () => {
    api = await Api.open({ store });
    for (const [runId, experimentId, lr, loss] of [
      ['a', 'digits', 0.1, 3],
      ['b', 'digits', 0.2, 1],
      ['c', 'digits', 0.3, Number.NaN],
      ['d', 'faces', 0.4, 0.5],
    ] as const)
      await api.feed(runId, [
        { type: 'run_start', experimentId, tags: { [`tag-${experimentId}`]: 'x' } },
        { type: 'param', key: 'lr', value: lr },
        { type: 'param', key: `own-${experimentId}`, value: true },
        { type: 'metric', key: 'loss', value: loss, step: 1 },
        { type: 'run_end', status: 'completed' },
      ]);
    await api.feed('e', [{ type: 'run_start' }]);
  });

  afterEach(() => api.close());

  it('name the keys and the experiments that the caller may see', async () => {
    expect((await api.get('/keys')).json).toEqual({
      params: ['lr', 'own-digits', 'own-faces'],
      tags: ['tag-digits', 'tag-faces'],
      metrics: ['loss'],
    });
    const started = new Date(BEGIN / 1_000 + 1).toISOString();
    const experiments = (await api.get('/experiments')).json;
    expect(experiments.toSorted((x: { runs: number }, y: { runs: number }) => y.runs - x.runs)[0]).toEqual({
      experimentId: 'digits',
      runs: 3,
      live: 0,
      lastStartedAt: started,
    });
    expect(experiments).toContainEqual({ experimentId: null, runs: 1, live: 1, lastStartedAt: started });
    api.as({ scope: 'view', experiment: 'faces' });
    expect((await api.get('/keys')).json).toEqual({ params: ['lr', 'own-faces'], tags: ['tag-faces'], metrics: ['loss'] });
    expect((await api.get('/experiments')).json).toEqual([{ experimentId: 'faces', runs: 1, live: 0, lastStartedAt: started }]);
  });

  it('rank the runs of an experiment', async () => {
    const ranked = async (query: string) =>
      (await api.get(`/experiments/digits/leaderboard?metric=loss${query}`)).json.map(
        ({ run, value }: { run: { runId: string }; value: number }) => [run.runId, value],
      );
    expect(await ranked('')).toEqual([
      ['b', 1],
      ['a', 3],
    ]);
    expect(await ranked('&mode=max&limit=1')).toEqual([['a', 3]]);
    expect((await api.get('/experiments/nothing/leaderboard?metric=loss')).json).toEqual([]);
    expect((await api.get('/experiments/digits/leaderboard')).status).toBe(400);
    // A name of dots alone would be a step upwards in the path.
    expect((await api.get('/experiments/-/leaderboard?metric=loss&experiment=digits')).json).toHaveLength(2);
    api.as({ scope: 'view', experiment: 'faces' });
    expect((await api.get('/experiments/-/leaderboard?metric=loss&experiment=digits')).status).toBe(403);
    expect((await api.get('/experiments/digits/leaderboard?metric=loss')).status).toBe(403);
    expect((await api.get('/experiments/digits/sensitivity?metric=loss')).status).toBe(403);
  });

  it('tell what a metric hangs on', async () => {
    const { json } = await api.get('/experiments/digits/sensitivity?metric=loss');
    expect(json.map(({ key }: { key: string }) => key)).toContain('lr');
    expect(json.map(({ key }: { key: string }) => key)).not.toContain('own-faces');
    expect((await api.get('/experiments/digits/sensitivity?metric=none')).json).toMatchObject({ status: 404, code: 'XT_METRIC_NOT_FOUND' });
  });

  it('put runs side by side; a run that is not for the caller is as if it were not there', async () => {
    const { json } = await api.post('/compare', { runIds: ['a', 'c', 'e'] });
    expect(json.runs.map(({ runId }: { runId: string }) => runId)).toEqual(['a', 'c', 'e']);
    expect(json.params).toContainEqual({ key: 'lr', values: [0.1, 0.3, null] });
    expect(json.metrics).toEqual([
      {
        key: 'loss',
        phase: '',
        better: 'min',
        values: [expect.objectContaining({ last: 3 }), expect.objectContaining({ last: 'NaN', count: 1 }), null],
        best: null,
      },
    ]);
    expect(json.durations).toEqual([0.004, 0.004, null]);
    expect((await api.post('/compare', { runIds: ['a'] })).json).toMatchObject({ status: 400, code: 'XT_ARGUMENT' });
    expect((await api.post('/compare', { runIds: Array.from({ length: 101 }, String) })).status).toBe(400);
    api.as({ scope: 'view', experiment: 'digits' });
    expect((await api.post('/compare', { runIds: ['a', 'd'] })).json).toMatchObject({ status: 404, code: 'XT_RUN_NOT_FOUND' });
  });

  it('compare groups of runs, of those that the caller may see', async () => {
    const body = { a: 'params.lr < 0.25', b: 'params.lr > 0', metric: 'loss' };
    expect((await api.post('/compare/groups', body)).json).toMatchObject({ a: { runs: 2, mean: 2 }, b: { runs: 3, mean: 1.5 } });
    api.as({ scope: 'view', experiment: 'digits' });
    expect((await api.post('/compare/groups', body)).json).toMatchObject({ a: { runs: 2 }, b: { runs: 2 } });
    expect((await api.post('/compare/groups', { ...body, a: 'params.lr <' })).json).toMatchObject({
      code: 'XT_SEARCH',
      column: expect.any(Number),
    });
    api.as({ scope: 'view', experiment: 'faces' });
    expect((await api.post('/compare/groups', body)).json).toMatchObject({ status: 400, code: 'XT_ARGUMENT' });
  });
});
