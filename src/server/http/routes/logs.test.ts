import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api, type EventBody } from '../../../../test/support/api.js';

let api: Api;

const LEVELS = ['debug', 'info', 'warning', 'error'] as const;

describe.each(['memory', 'sqlite'] as const)('logs over HTTP, kept in %s', (store) => {
  beforeEach(async () => {
    api = await Api.open({ store });
    const lines = Array.from({ length: 1_200 }, (_, at): EventBody => {
      const message = at % 100 === 0 ? `Epoch ${at}` : `line ${at}`;
      return { type: 'log', level: LEVELS[at % 4] ?? 'info', message, ...(at === 0 && { logger: 'root', step: 3, fields: { a: 1 } }) };
    });
    await api.feed('r', [{ type: 'run_start' }, ...lines]);
  });

  afterEach(() => api.close());

  const page = async (query: string): Promise<[messages: string[], offset: number, total: number | undefined]> => {
    const { json } = await api.get(`/runs/r/logs${query}`);
    return [json.lines.map(({ message }: { message: string }) => message), json.offset, json.total];
  };

  it('come from either end, each page with the place of its first line', async () => {
    expect(await page('?limit=2')).toEqual([['Epoch 0', 'line 1'], 0, 1_200]);
    expect(await page('?limit=2&offset=1199')).toEqual([['line 1199'], 1_199, 1_200]);
    expect(await page('?limit=2&offset=5000')).toEqual([[], 5_000, 1_200]);
    expect(await page('?limit=2&newest=1')).toEqual([['line 1198', 'line 1199'], 1_198, 1_200]);
    expect(await page('?limit=2&newest=true&offset=1199')).toEqual([['Epoch 0'], 0, 1_200]);
    expect(await page('?limit=2&newest=1&offset=1200')).toEqual([[], 0, 1_200]);
    expect((await page(''))[0]).toHaveLength(500);
  });

  it('are chosen by level and by text; places and totals are of what was chosen', async () => {
    expect(await page('?levels=error,warning&limit=3&newest=1')).toEqual([['line 1195', 'line 1198', 'line 1199'], 597, 600]);
    expect(await page('?text=EPOCH&limit=2&newest=1')).toEqual([['Epoch 1000', 'Epoch 1100'], 10, 12]);
    expect(await page('?text=epoch&limit=2&offset=3')).toEqual([['Epoch 300', 'Epoch 400'], 3, undefined]);
    expect(await page('?text=nothing&newest=1')).toEqual([[], 0, 0]);
    expect(await page('?text=&levels=debug&limit=1')).toEqual([['Epoch 0'], 0, 300]);
  });

  it('have all that was logged', async () => {
    const [first, second] = (await api.get('/runs/r/logs?limit=2')).json.lines;
    expect(first).toEqual({
      ts: expect.any(Number),
      level: 'debug',
      message: 'Epoch 0',
      logger: 'root',
      worker: '',
      step: 3,
      fields: { a: 1 },
    });
    expect(second).toMatchObject({ logger: null, step: null, fields: null });
  });

  it('refuse what makes no sense', async () => {
    for (const query of ['?limit=0', '?limit=5001', '?offset=-1', '?levels=loud', '?newest=maybe'])
      expect((await api.get(`/runs/r/logs${query}`)).status).toBe(400);
    expect((await api.get('/runs/none/logs')).status).toBe(404);
  });
});
