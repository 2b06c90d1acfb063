import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api } from '../../../../test/support/api.js';

let api: Api;

beforeEach(async () => {
  api = await Api.open();
  for (const [runId, experimentId] of [
    ['a', 'digits'],
    ['b', 'faces'],
  ] as const)
    await api.feed(runId, [
      { type: 'run_start', experimentId },
      { type: 'run_end', status: 'completed' },
    ]);
  await api.feed('live', [{ type: 'run_start', experimentId: 'digits' }]);
});

afterEach(() => api.close());

interface Result {
  readonly runId: string;
  readonly ok: boolean;
  readonly error?: { readonly code: string };
}

const results = async (body: object): Promise<Record<string, string | undefined>> => {
  const { json } = await api.post('/runs/bulk', body);
  return Object.fromEntries((json.results as Result[]).map(({ runId, ok, error }) => [runId, ok ? 'ok' : error?.code]));
};

describe('edits over HTTP', () => {
  it('change a run and answer its row', async () => {
    const { status, json } = await api.call('PATCH', '/runs/a', { name: 'n', tags: { x: '1' }, notes: 'note', archived: true });
    expect([status, json]).toMatchObject([
      200,
      { runId: 'a', name: 'n', notes: 'note', archived: true, tags: { x: '1' }, status: 'completed' },
    ]);
    expect((await api.call('PATCH', '/runs/a', { tags: { x: null }, notes: null })).json).toMatchObject({ notes: null, name: 'n' });
    expect((await api.get('/runs/a')).json.tags).not.toHaveProperty('x');
  });

  it('refuse what makes no sense', async () => {
    for (const body of [
      { name: '' },
      { name: 3 },
      { tags: { x: 1 } },
      { archived: 'yes' },
      { tags: { 'xtrack.archived': 'true' } },
      { notes: 'x'.repeat(70_000) },
    ])
      expect((await api.call('PATCH', '/runs/a', body)).status).toBe(400);
    expect((await api.call('PATCH', '/runs/none', {})).status).toBe(404);
  });

  it('publish only for an admin of the experiment', async () => {
    api.as({ scope: 'write', experiment: 'digits' });
    expect((await api.call('PATCH', '/runs/a', { public: true })).json).toMatchObject({
      status: 403,
      code: 'XT_FORBIDDEN',
      field: 'public',
    });
    expect((await api.call('PATCH', '/runs/a', { public: false, archived: true })).status).toBe(200);
    expect(await results({ runIds: ['a'], action: 'edit', edit: { public: true } })).toEqual({ a: 'XT_FORBIDDEN' });
    api.as({ scope: 'admin', experiment: 'digits' });
    expect((await api.call('PATCH', '/runs/a', { public: true })).json).toMatchObject({ public: true });
  });

  it('move to the trash and back, and remove for good', async () => {
    expect((await api.call('DELETE', '/runs/a')).status).toBe(204);
    expect((await api.get('/runs/a')).json.deletedAt).toEqual(expect.any(String));
    expect((await api.post('/runs/a/restore')).json).toMatchObject({ runId: 'a', deletedAt: null });
    expect((await api.call('DELETE', '/runs/live')).json).toMatchObject({ status: 409, code: 'XT_RUN_LIVE' });
    api.as({ scope: 'write', experiment: 'digits' });
    expect((await api.post('/runs/a/purge')).status).toBe(403);
    api.as({ scope: 'admin', experiment: 'digits' });
    expect((await api.post('/runs/a/purge')).status).toBe(204);
    expect((await api.get('/runs/a')).status).toBe(404);
  });
});

describe('many runs at once', () => {
  it('succeed or fail each by itself', async () => {
    expect(await results({ runIds: ['a', 'live', 'none', 'a'], action: 'delete' })).toEqual({
      a: 'ok',
      live: 'XT_RUN_LIVE',
      none: 'XT_RUN_NOT_FOUND',
    });
    expect(await results({ runIds: ['a', 'b'], action: 'restore' })).toEqual({ a: 'ok', b: 'ok' });
    expect(await results({ runIds: ['a', 'live'], action: 'edit', edit: { tags: { t: '1' }, archived: true } })).toEqual({
      a: 'ok',
      live: 'ok',
    });
    expect((await api.get('/runs/live')).json).toMatchObject({ archived: true, tags: { t: '1' } });
    expect(await results({ runIds: ['a'], action: 'purge' })).toEqual({ a: 'ok' });
  });

  it('are only those that the key is for; the others are as if they were not there', async () => {
    api.as({ scope: 'write', experiment: 'digits' });
    expect(await results({ runIds: ['a', 'b'], action: 'delete' })).toEqual({ a: 'ok', b: 'XT_RUN_NOT_FOUND' });
    expect(await results({ runIds: ['a'], action: 'purge' })).toEqual({ a: 'XT_FORBIDDEN' });
    api.as({ scope: 'view', experiment: null }, { scope: 'write', experiment: 'faces' });
    expect(await results({ runIds: ['a', 'b'], action: 'edit', edit: { archived: true } })).toEqual({ a: 'XT_FORBIDDEN', b: 'ok' });
    api.as({ scope: 'view', experiment: null });
    expect((await api.post('/runs/bulk', { runIds: ['a'], action: 'delete' })).status).toBe(403);
  });

  it('are at most 1,000, and an edit says how', async () => {
    expect((await api.post('/runs/bulk', { runIds: Array.from({ length: 1_001 }, String), action: 'delete' })).status).toBe(400);
    expect((await api.post('/runs/bulk', { runIds: ['a'], action: 'edit' })).json).toMatchObject({ code: 'XT_ARGUMENT', field: 'edit' });
    expect((await api.post('/runs/bulk', { runIds: ['a'], action: 'eat' })).status).toBe(400);
  });
});
