import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api } from '../../../../test/support/api.js';

let api: Api;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'xtrack-ckpt-'));
});

afterEach(async () => {
  await api.close();
  await rm(root, { recursive: true, force: true });
});

describe('checkpoints over HTTP', () => {
  beforeEach(async () => {
    api = await Api.open({ artifactRoots: [root] });
    await mkdir(join(root, 'folder'));
    await api.feed('r', [
      { type: 'run_start', experimentId: 'digits' },
      {
        type: 'checkpoint',
        step: 10,
        path: join(root, 'folder'),
        epoch: 1,
        metrics: { loss: Number.NaN },
        isBest: true,
        bestKey: 'loss',
        metadata: { a: 1 },
      },
      { type: 'checkpoint', step: 20, path: join(root, 'gone.pt') },
      { type: 'checkpoint', step: 30, path: '/elsewhere/c.pt' },
    ]);
  });

  it('are listed in the order recorded, with what can be known of their files', async () => {
    const { json } = await api.get('/runs/r/checkpoints');
    expect(json[0]).toEqual({
      id: expect.stringMatching(/^0-[0-9a-f]{16}$/),
      step: 10,
      epoch: 1,
      path: join(root, 'folder'),
      metrics: { loss: 'NaN' },
      isBest: true,
      bestKey: 'loss',
      metadata: { a: 1 },
      ts: expect.any(Number),
      promoted: false,
      exists: true,
    });
    expect(json.map(({ exists }: { exists: unknown }) => exists)).toEqual([true, false, null]);
    expect(json[1]).toMatchObject({ epoch: null, metrics: null, isBest: false, bestKey: null, metadata: null });
  });

  it('are promoted one at a time', async () => {
    const ids = (await api.get('/runs/r/checkpoints')).json.map(({ id }: { id: string }) => id);
    const promoted = async () => (await api.get('/runs/r/checkpoints')).json.map((one: { promoted: boolean }) => one.promoted);
    for (const [at, expected] of [
      [0, [true, false, false]],
      [2, [false, false, true]],
    ] as const) {
      expect((await api.post(`/runs/r/checkpoints/${ids[at]}/promote`)).status).toBe(204);
      expect(await promoted()).toEqual(expected);
    }
    expect((await api.get('/runs/r')).json.tags['xtrack.promoted']).toBe(ids[2]);
    expect((await api.post('/runs/r/checkpoints/0-0000000000000000/promote')).json).toMatchObject({ status: 404, code: 'XT_NOT_FOUND' });
    api.as({ scope: 'view', experiment: 'digits' });
    expect((await api.post(`/runs/r/checkpoints/${ids[0]}/promote`)).status).toBe(403);
  });

  it('begin nothing where no process is known, and while the run goes on', async () => {
    const [{ id }] = (await api.get('/runs/r/checkpoints')).json;
    expect((await api.post('/runs/r/resume', { checkpointId: id })).json.code).toBe('XT_FORBIDDEN');
    const open = await Api.open({ allowSpawn: true });
    try {
      await open.feed('r', [{ type: 'run_start' }, { type: 'checkpoint', step: 1, path: 'c.pt' }]);
      const [checkpoint] = (await open.get('/runs/r/checkpoints')).json;
      const resume = async (checkpointId: string) => (await open.post('/runs/r/resume', { checkpointId })).json.code;
      expect(await resume(checkpoint.id)).toBe('XT_RUN_LIVE');
      await open.feed('r', [{ type: 'run_end', status: 'failed', error: { message: 'x' } }]);
      expect(await resume(checkpoint.id)).toBe('XT_SPAWN');
      expect(await resume('5-0000000000000000')).toBe('XT_NOT_FOUND');
    } finally {
      await open.close();
    }
  });
});

describe('processes over HTTP (SEC-11)', () => {
  /** Writes one checkpoint through fd 3 as an emitter does, tells its environment, and ends. */
  const SCRIPT = `
    const { createHash } = require('node:crypto');
    const send = (t, seq, p) => {
      const json = Buffer.from(JSON.stringify({ v: 1, t, m: { seq, ts: Date.now() * 1000, inc: 'inc-' + process.pid }, p: { run_id: process.env.XTRACK_RUN_ID, ...p } }));
      const head = Buffer.alloc(4);
      head.writeUInt32BE(json.length);
      require('node:fs').writeSync(3, Buffer.concat([head, json]));
    };
    send('run_start', 1, {});
    send('param', 2, { key: 'resumed', value: [process.env.XTRACK_RESUME_RUN_ID ?? null, process.env.XTRACK_RESUME_CHECKPOINT ?? null, process.argv[2]] });
    send('checkpoint', 3, { step: 7, path: '/data/it is;$(here).pt' });
    send('run_end', 4, { status: 'completed' });
  `;

  it('are started by an admin, and again from a checkpoint of theirs as a child run', async () => {
    api = await Api.open({ allowSpawn: true });
    await writeFile(join(root, 'train.cjs'), SCRIPT);
    const started = await api.post('/runs', {
      command: process.execPath,
      args: ['train.cjs', 'an argument; touch here'],
      cwd: root,
      runId: 'first',
      name: 'n',
      experimentId: 'digits',
      tags: { a: '1' },
      systemMetrics: false,
    });
    expect([started.status, started.json]).toMatchObject([201, { runId: 'first', name: 'n', experimentId: 'digits', tags: { a: '1' } }]);
    await api.xtrack.waitForRun('first');
    expect((await api.get('/runs/first/params')).json.resumed).toEqual([null, null, 'an argument; touch here']);
    await api.xtrack.updateRun('first', { archived: true, name: 'better' });
    const [{ id }] = (await api.get('/runs/first/checkpoints')).json;
    const resumed = await api.post('/runs/first/resume', { checkpointId: id });
    expect([resumed.status, resumed.json]).toMatchObject([
      201,
      { parentRunId: 'first', name: 'better', experimentId: 'digits', tags: { a: '1' }, archived: false },
    ]);
    await api.xtrack.waitForRun(resumed.json.runId);
    expect((await api.get(`/runs/${resumed.json.runId}/params`)).json.resumed).toEqual([
      'first',
      '/data/it is;$(here).pt',
      'an argument; touch here',
    ]);
  });

  it('are not started unless the operator allows it, by no other than an admin of the server, and with no loader to change', async () => {
    api = await Api.open();
    const body = { command: process.execPath, args: ['-e', '0'] };
    expect((await api.post('/runs', body)).json).toMatchObject({ status: 403, code: 'XT_FORBIDDEN' });
    await api.close();
    api = await Api.open({ allowSpawn: true });
    for (const name of [
      'LD_PRELOAD',
      'ld_library_path',
      'DYLD_INSERT_LIBRARIES',
      'PATH',
      'PYTHONPATH',
      'PYTHONSTARTUP',
      'NODE_OPTIONS',
      'BASH_ENV',
      'PROMPT_COMMAND',
      'GIT_SSH_COMMAND',
      '_JAVA_OPTIONS',
      'CLASSPATH',
      'GLIBC_TUNABLES',
      'XTRACK_RUN_ID',
      '',
      'A=B',
      'A\0B',
    ])
      expect((await api.post('/runs', { ...body, env: { [name]: 'x' } })).json, name).toMatchObject({ status: 400, code: 'XT_ARGUMENT' });
    expect((await api.post('/runs', { ...body, tags: { 'xtrack.public': 'true' } })).status).toBe(400);
    expect((await api.post('/runs', { command: '' })).status).toBe(400);
    expect((await api.post('/runs', { command: '/no/such/program; true' })).json).toMatchObject({ status: 400, code: 'XT_SPAWN' });
    api.as({ scope: 'admin', experiment: 'digits' }, { scope: 'write', experiment: null });
    expect((await api.post('/runs', { ...body, experimentId: 'digits' })).status).toBe(403);
  });
});
