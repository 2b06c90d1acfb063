import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api } from '../../../../test/support/api.js';
import { tableOf } from '../mount.js';
import { isAudited } from './audit.js';

let api: Api;

beforeEach(async () => {
  api = await Api.open({ store: 'sqlite', allowSpawn: true });
  await api.feed('r', [{ type: 'run_start', experimentId: 'digits' }]);
});

afterEach(() => api.close());

const text = (): string => readFileSync(join(api.xtrack.directory as string, 'audit.jsonl'), 'utf8');
const entries = (): Record<string, unknown>[] =>
  text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('what is written down of requests (SEC-11, SEC-18, SEC-21)', () => {
  it('is everything that writes, and nothing that reads or sends events', () => {
    const table = tableOf('');
    const audited = table.filter(isAudited).map(({ method, path }) => `${method} ${path}`);
    for (const route of ['POST /runs', 'POST /runs/:runId/commands', 'POST /runs/:runId/stop', 'DELETE /runs/:runId', 'POST /runs/bulk'])
      expect(audited).toContain(route);
    const silent = table.filter((one) => one.method !== 'GET' && !isAudited(one)).map(({ method, path }) => `${method} ${path}`);
    expect(silent.sort()).toEqual([
      'DELETE /session',
      'POST /compare',
      'POST /compare/groups',
      'POST /events',
      'POST /series',
      'POST /session',
    ]);
  });

  it('is who did what to which run, with what came of it', async () => {
    await api.post('/runs/r/commands', { type: 'adjust_lr', payload: { lr: 0.125 } });
    await api.call('PATCH', '/runs/r', { public: true, notes: 'my notes' });
    await api.call('DELETE', '/runs/r');
    await api.feed('r', [{ type: 'run_end', status: 'completed' }]);
    await api.post('/runs/bulk', { runIds: ['r', 'gone'], action: 'delete' });
    await api.post('/runs/r/purge');
    expect(entries()).toMatchObject([
      { via: 'http', by: 'ada', action: 'POST /runs/:runId/commands', run: 'r', command: 'adjust_lr', outcome: 'done' },
      { action: 'PATCH /runs/:runId', run: 'r', changed: ['public', 'notes'], public: true, outcome: 'done' },
      { action: 'DELETE /runs/:runId', run: 'r', outcome: 'XT_RUN_LIVE' },
      { action: 'POST /runs/bulk', bulk: 'delete', runs: ['r', 'gone'], failed: ['gone'], outcome: 'done' },
      { action: 'POST /runs/:runId/purge', run: 'r', outcome: 'done' },
    ]);
    expect(entries()[0]).toMatchObject({ at: expect.stringMatching(/Z$/), address: '127.0.0.1', commandId: expect.any(String) });
  });

  it('is no secret: no key, no argument, no variable, no value (SEC-14)', async () => {
    const { id, key } = (await api.post('/api-keys', { name: 'ci', scope: 'write', experiment: 'digits' })).json;
    const command = { command: process.execPath, args: ['-e', '0', 'secret-argument'], env: { TOKEN: 'secret-variable' } };
    const { runId } = (await api.post('/runs', { ...command, systemMetrics: false })).json;
    await api.xtrack.waitForRun(runId);
    await api.post('/runs/r/commands', { type: 'custom', payload: { name: 'x', token: 'secret-value' } });
    await api.call('DELETE', `/api-keys/${id}`);
    expect(entries()).toMatchObject([
      { action: 'POST /api-keys', id, name: 'ci', scope: 'write', experiment: 'digits', outcome: 'done' },
      { action: 'POST /runs', command: process.execPath, run: runId, outcome: 'done' },
      { action: 'POST /runs/:runId/commands', command: 'custom' },
      { action: 'DELETE /api-keys/:id', id, outcome: 'done' },
    ]);
    expect(text()).not.toContain(key.slice(16));
    expect(text()).not.toContain('secret-');
  });
});
