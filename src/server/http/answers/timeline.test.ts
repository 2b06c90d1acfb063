import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, BEGIN } from '../../../../test/support/api.js';

let api: Api;

const at = (ms: number): number => BEGIN + ms * 1_000;

describe.each(['memory', 'sqlite'] as const)('what happened to a run, kept in %s', (store) => {
  beforeEach(async () => {
    api = await Api.open({ store });
    await api.feed('r', [
      { type: 'run_start', environment: { hostname: 'node-1' } },
      { type: 'status', status: 'training', message: 'epoch 1' },
      { type: 'status', status: 'training', message: 'epoch 2' },
      { type: 'metric', key: 'loss', value: 1, step: 1 },
      { type: 'checkpoint', step: 5, path: 'c.pt', isBest: true },
      { type: 'change', name: 'lr', value: 0.01, previous: 0.1, step: 6, by: 'ada' },
      { type: 'gap', from: 100, to: 104, reason: 'spool_full' },
    ]);
  });

  afterEach(() => api.close());

  const timeline = async () => (await api.get('/runs/r/timeline')).json;

  it('is told in the order of time', async () => {
    expect(await timeline()).toEqual([
      { at: new Date(at(1) / 1_000).toISOString(), ts: at(1), kind: 'start', title: 'Started', detail: 'on node-1' },
      expect.objectContaining({ ts: at(2), kind: 'status', title: 'Training', detail: 'epoch 1' }),
      expect.objectContaining({ ts: at(5), kind: 'checkpoint', title: 'Best checkpoint so far', step: 5, detail: 'c.pt' }),
      expect.objectContaining({ ts: at(6), kind: 'change', title: 'lr: 0.1 → 0.01', step: 6, detail: 'by ada' }),
      expect.objectContaining({ ts: at(7), kind: 'gap', title: '5 events were dropped', detail: 'spool_full' }),
    ]);
  });

  it('goes on where it was left: restarts, ends, what the control plane saw', async () => {
    await timeline();
    await api.feed('r', [{ type: 'run_start' }], { worker: '1' });
    await api.feed('r', [{ type: 'run_start' }, { type: 'run_end', status: 'failed', error: { message: 'out of memory' } }], {
      incarnation: 'inc-2',
    });
    const told = (await timeline()).map(({ kind, title, detail }: Record<string, string>) => [kind, title, detail ?? '']);
    expect(told).toHaveLength(8);
    expect(told).toEqual(
      expect.arrayContaining([
        ['start', 'Started (worker 1)', ''],
        ['restart', 'Started again', ''],
        ['end', 'Failed', 'out of memory'],
      ]),
    );
  });

  it('is read once, however often it is asked for', async () => {
    const [one, two] = await Promise.all([timeline(), timeline()]);
    expect(two).toEqual(one);
    expect(await timeline()).toEqual(one);
  });

  it('is that of the run that has the id now', async () => {
    await api.feed('r', [{ type: 'run_end', status: 'completed' }]);
    expect(await timeline()).toHaveLength(6);
    await api.xtrack.purgeRun('r');
    await api.feed('r', [{ type: 'run_start' }], { incarnation: 'inc-9' });
    expect((await timeline()).map(({ kind }: { kind: string }) => kind)).toEqual(['start']);
  });

  it('is marked on the curves where it bears on them', async () => {
    await api.xtrack.sendCommand('r', 'pause', {}, { expiresInMs: 1, by: 'ada' });
    const marks = async () => (await api.get('/runs/r/marks')).json;
    // Its end is told to whoever sent it before it is stored.
    const json = await vi.waitFor(async () => {
      const found = await marks();
      expect(found[3]?.title).toMatch(/^pause: (expired|unsupported)$/);
      return found;
    });
    expect(json.slice(0, 3)).toEqual([
      { kind: 'checkpoint', step: 5, ts: at(5), title: 'Best checkpoint so far' },
      { kind: 'change', step: 6, ts: at(6), title: 'lr: 0.1 → 0.01' },
      { kind: 'gap', step: null, ts: at(7), title: '5 events were dropped' },
    ]);
    expect(json[3]).toMatchObject({ kind: 'command', step: null });
    expect((await timeline()).at(-1)).toMatchObject({ kind: 'command', detail: expect.stringContaining('by ada') });
  });
});
