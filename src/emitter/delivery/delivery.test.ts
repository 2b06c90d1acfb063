import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseRunId, chooseWorker, makeIncarnation } from '../identity.js';
import { Complaints } from '../warnings.js';
import { type Delivery, planDelivery, type Transport } from './delivery.js';

const strict = new Complaints(true);

function plan(env: Record<string, string>, fd: number | null = null, asked?: Transport): Delivery {
  return planDelivery(asked, { XTRACK_DATA: '/data', ...env }, fd, strict);
}

const local = { kind: 'unix', path: join('/data', 'xtrack.sock') };
const spool = { record: 'spool', path: join('/data', 'spool'), spoolFolder: join('/data', 'spool'), data: '/data' };

describe('where events go', () => {
  it('is, with nothing set, the local server if there is one, and a spool in any case', () => {
    expect(plan({})).toEqual({ ...spool, endpoints: [local], optional: true });
  });

  it('is the inherited socket, and then the local server', () => {
    expect(plan({}, 3)).toEqual({ ...spool, endpoints: [{ kind: 'fd', fd: 3 }, local], optional: false });
    expect(plan({ XTRACK_TRANSPORT: 'stdio', XTRACK_SOCKET: '/s' }, 3).endpoints).toEqual([
      { kind: 'fd', fd: 3 },
      { kind: 'unix', path: '/s' },
    ]);
  });

  it('is stdout only where stdio was asked for and no descriptor was promised', () => {
    expect(plan({ XTRACK_TRANSPORT: 'stdio' }).endpoints).toEqual([{ kind: 'stdout' }]);
    expect(plan({ XTRACK_TRANSPORT: 'stdio', XTRACK_FD: '3' }).endpoints).toEqual([local]);
    expect(plan({ XTRACK_TRANSPORT: 'stdio', XTRACK_SOCKET: '/s' }).endpoints).toEqual([{ kind: 'unix', path: '/s' }]);
  });

  it.each<[Record<string, string>, unknown]>([
    [{ XTRACK_TRANSPORT: 'tcp' }, { kind: 'tcp', host: '127.0.0.1', port: 9999, tls: false }],
    [
      { XTRACK_TRANSPORT: 'tcp', XTRACK_HOST: 'h', XTRACK_PORT: '7', XTRACK_TLS: '1' },
      { kind: 'tcp', host: 'h', port: 7, tls: true },
    ],
    [
      { XTRACK_HOST: 'h', XTRACK_TLS: 'false' },
      { kind: 'tcp', host: 'h', port: 9999, tls: false },
    ],
    [
      { XTRACK_TRANSPORT: 'unix', XTRACK_SOCKET: '/s' },
      { kind: 'unix', path: '/s' },
    ],
    [{ XTRACK_SOCKET: '/s' }, { kind: 'unix', path: '/s' }],
  ])('follows the environment: %o', (env, endpoint) => {
    expect(plan(env).endpoints).toEqual([endpoint]);
  });

  it('is a file, or nothing, where that is asked for', () => {
    expect(plan({ XTRACK_TRANSPORT: 'file', XTRACK_FILE: '/f' })).toMatchObject({ record: 'file', path: '/f', endpoints: [] });
    expect(plan({ XTRACK_TRANSPORT: 'null' })).toMatchObject({ record: 'none', endpoints: [] });
    expect(plan({ XTRACK_HOST: 'h' }, null, 'tcp').endpoints).toEqual([{ kind: 'tcp', host: 'h', port: 9999, tls: false }]);
    expect(plan({ XTRACK_TRANSPORT: 'null' }, null, { kind: 'unix', path: '/mine' }).endpoints).toEqual([{ kind: 'unix', path: '/mine' }]);
  });

  it('complains about a transport that does not exist, and falls back', () => {
    expect(() => plan({ XTRACK_TRANSPORT: 'pigeon' })).toThrow(/XT_ARGUMENT.*pigeon/);
    expect(() => plan({ XTRACK_TRANSPORT: 'file' })).toThrow(/XTRACK_FILE/);
    expect(planDelivery(undefined, { XTRACK_DATA: '/data', XTRACK_TRANSPORT: 'pigeon' }, null, new Complaints(false)).endpoints).toEqual([
      local,
    ]);
  });
});

describe('who an emitter is', () => {
  it('takes XTRACK_RUN_ID before the caller, and makes a UUIDv7 with neither', () => {
    expect(chooseRunId('mine', { XTRACK_RUN_ID: 'theirs' }, strict)).toBe('theirs');
    expect(chooseRunId('mine', {}, strict)).toBe('mine');
    expect(chooseRunId(undefined, {}, strict)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('refuses a bad run id, or tracks under a new one', () => {
    expect(() => chooseRunId('../x', {}, strict)).toThrow(/XT_RUN_ID/);
    expect(chooseRunId('../x', {}, new Complaints(false))).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('takes its worker id from the rank only in distributed training', () => {
    expect(chooseWorker(undefined, { RANK: '3' })).toBe('');
    expect(chooseWorker(undefined, { RANK: '3', WORLD_SIZE: '8' })).toBe('3');
    expect(chooseWorker(undefined, { SLURM_PROCID: '5', WORLD_SIZE: '8' })).toBe('5');
    expect(chooseWorker(undefined, { RANK: '3', WORLD_SIZE: '8', XTRACK_WORKER_ID: 'w' })).toBe('w');
    expect(chooseWorker('me', { XTRACK_WORKER_ID: 'w' })).toBe('me');
  });

  it('has an incarnation that sorts by start time', () => {
    expect(makeIncarnation()).toMatch(/^[0-9a-z]{8,9}-[0-9a-f]{8}$/);
    expect(makeIncarnation()).not.toBe(makeIncarnation());
  });
});
