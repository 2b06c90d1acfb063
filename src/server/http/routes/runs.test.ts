import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api, BEGIN } from '../../../../test/support/api.js';

let api: Api;

describe.each(['memory', 'sqlite'] as const)('runs over HTTP, kept in %s', (store) => {
  beforeEach(async () => {
    api = await Api.open({ store });
    await api.feed('a', [
      { type: 'run_start', name: 'first', experimentId: 'digits', tags: { kind: 'cnn' } },
      { type: 'param', key: 'lr', value: 0.1 },
      { type: 'metric', key: 'loss', value: 2, step: 1 },
      { type: 'metric', key: 'loss', value: Number.NaN, step: 2 },
      {
        type: 'run_end',
        status: 'failed',
        error: { type: 'ValueError', message: 'bad', traceback: 'Traceback …' },
        finalMetrics: { loss: Number.NaN },
      },
    ]);
    await api.feed('b', [
      { type: 'run_start', experimentId: 'faces', parentRunId: 'a' },
      { type: 'metric', key: 'loss', value: 1, step: 1 },
    ]);
    await api.feed('c', [{ type: 'run_start', parentRunId: 'b' }]);
  });

  afterEach(() => api.close());

  const ids = async (query: string): Promise<string[]> =>
    (await api.get(`/runs${query}`)).json.runs.map(({ runId }: { runId: string }) => runId);

  it('are listed newest first, with the values asked for, page by page', async () => {
    const columns = encodeURIComponent(JSON.stringify(['params.lr', 'min(metrics.loss)', 'tags.kind', 'created']));
    const first = await api.get(`/runs?limit=2&columns=${columns}`);
    expect(first.status).toBe(200);
    expect(first.json.runs.map(({ runId }: { runId: string }) => runId)).toEqual(['c', 'b']);
    expect(first.json.values).toEqual([
      [null, null, null, first.json.runs[0].createdAt],
      [null, 1, null, first.json.runs[1].createdAt],
    ]);
    const second = await api.get(`/runs?limit=2&columns=${columns}&cursor=${first.json.cursor}`);
    expect(second.json).toMatchObject({ cursor: null, values: [[0.1, 2, 'cnn', second.json.runs[0].createdAt]] });
    expect(second.json.runs[0]).toEqual({
      runId: 'a',
      name: 'first',
      status: 'failed',
      experimentId: 'digits',
      parentRunId: null,
      tags: { kind: 'cnn' },
      createdAt: expect.stringMatching(/^20.*Z$/),
      startedAt: new Date(BEGIN / 1_000 + 1).toISOString(),
      endedAt: new Date(BEGIN / 1_000 + 5).toISOString(),
      deletedAt: null,
      message: null,
      progress: null,
      error: 'bad',
      durationMs: 4,
      notes: null,
      archived: false,
      public: false,
      damaged: null,
    });
  });

  it('are searched; a search that cannot be read says at which column', async () => {
    expect(await ids(`?q=${encodeURIComponent('metrics.loss < 1.5')}`)).toEqual(['b']);
    expect(await ids(`?q=${encodeURIComponent("status = 'failed' or parent = 'b'")}`)).toEqual(['c', 'a']);
    const wrong = await api.get(`/runs?q=${encodeURIComponent('status = nothing')}`);
    expect([wrong.status, wrong.json.code, wrong.json.column]).toEqual([400, 'XT_SEARCH', 9]);
    expect(wrong.headers['content-type']).toContain('application/problem+json');
    for (const query of ['?limit=0', '?limit=x', '?columns=lr', '?columns=[1]', '?cursor=xyz', '?deleted=no'])
      expect((await api.get(`/runs${query}`)).json?.code).toBe('XT_ARGUMENT');
  });

  it('show only what the key is for, and what is public, without a gap in the pages', async () => {
    await api.xtrack.updateRun('c', { public: true });
    api.as({ scope: 'view', experiment: 'digits' });
    expect(await ids('')).toEqual(['c', 'a']);
    expect(await ids('?limit=1')).toEqual(['c']);
    expect(await ids(`?q=${encodeURIComponent("experiment = 'faces' or tags.none is null")}`)).toEqual(['c', 'a']);
    api.as({ scope: 'view', experiment: 'nothing' });
    expect(await ids('')).toEqual(['c']);
    expect((await api.get('/runs/a')).json.code).toBe('XT_RUN_NOT_FOUND');
    expect((await api.get('/runs/c')).status).toBe(200);
    api.as();
    expect((await api.get('/runs')).json.code).toBe('XT_FORBIDDEN');
    expect((await api.get('/runs/c')).status).toBe(200);
  });

  it('leave out the archived and the trash unless asked', async () => {
    await api.xtrack.updateRun('b', { archived: true });
    await api.xtrack.updateRun('a', { public: true });
    await api.xtrack.deleteRun('a');
    expect(await ids('')).toEqual(['c']);
    expect(await ids('?archived=include')).toEqual(['c', 'b']);
    expect(await ids('?archived=only')).toEqual(['b']);
    expect(await ids('?deleted=only')).toEqual(['a']);
    expect(await ids('?deleted=only&q=first')).toEqual(['a']);
    expect(await ids('?deleted=only&q=nobody')).toEqual([]);
    api.as({ scope: 'view', experiment: 'faces' });
    expect(await ids('?deleted=only')).toEqual([]);
    api.as({ scope: 'view', experiment: 'digits' });
    expect(await ids('?deleted=only')).toEqual(['a']);
    api.as({ scope: 'view', experiment: null });
    const [deleted] = (await api.get('/runs?deleted=only')).json.runs;
    expect(Date.parse(deleted.deletedAt)).toBeGreaterThan(0);
    expect((await api.get('/runs/a')).json.deletedAt).toBe(deleted.deletedAt);
  });

  it('have a page of their own, in which numbers may be NaN', async () => {
    await api.feed('a', [{ type: 'metric', key: 'loss', value: 1, step: 3 }], { worker: 'x.p7' });
    const { json } = await api.get('/runs/a');
    expect(json).toMatchObject({
      live: false,
      error: 'bad',
      failure: { type: 'ValueError', message: 'bad', traceback: 'Traceback …' },
      finalMetrics: { loss: 'NaN' },
      counts: { metric: 3, run_start: 1 },
      captured: { stdout: 0, stderr: 0 },
      gaps: [],
      warnings: [],
      knobs: [],
      process: null,
    });
    expect((await api.get('/runs/a/params')).json).toEqual({ lr: 0.1 });
    expect((await api.get('/runs/none')).json).toMatchObject({ status: 404, code: 'XT_RUN_NOT_FOUND', remedy: expect.any(String) });
  });

  it('show their family as far as the caller may see it', async () => {
    const shape = ({ run, children }: { run: { runId: string }; children: never[] }): unknown => [run.runId, ...children.map(shape)];
    expect(shape((await api.get('/runs/c/lineage')).json)).toEqual(['a', ['b', ['c']]]);
    api.as({ scope: 'view', experiment: 'faces' });
    expect(shape((await api.get('/runs/b/lineage')).json)).toEqual(['b']);
    await api.xtrack.updateRun('c', { public: true });
    expect(shape((await api.get('/runs/c/lineage')).json)).toEqual(['b', ['c']]);
  });
});
