// Where a worker is sent that came to the wrong control plane, and where never.

import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Hub } from '../../runtime/hub.js';
import { processStartTime } from '../../runtime/process/process-identity.js';
import { openMemoryStore } from '../../storage/memory/store.js';
import { sampleBatch, sampleRecord } from '../../testing/sample-run.js';
import { Door } from '../session/door.js';
import type { Admission, Connection } from '../transport.js';
import { advertised, homeOf } from './home.js';

const over = (kind: 'unix' | 'tcp', local = true, encrypted = false): Connection => ({
  kind,
  ...(kind === 'tcp' && { peer: { local, encrypted } }),
  send: () => true,
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
});

let folder: string;
let hub: Hub;
let tcp: string;
let unix: string;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xtrack-home-'));
  hub = new Hub({ store: await openMemoryStore(), onCommitFailure: () => undefined });
  const [port, socket] = [createServer(), createServer()];
  servers.push(port, socket);
  unix = `unix:${join(folder, 'their.sock')}`;
  await new Promise<void>((resolve) => port.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => socket.listen(join(folder, 'their.sock'), resolve));
  tcp = `tcp://127.0.0.1:${(port.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

/** Where a peer is sent whose run is held, by a process of this machine that lives unless told otherwise, at these addresses. */
async function home(
  at: readonly string[],
  connection: Connection,
  more: { pid?: number; known?: Admission['known'] } = {},
): Promise<unknown> {
  const { pid = process.ppid, known } = more;
  const owner = { pid, startTime: processStartTime(pid) ?? '1@gone', at };
  await hub.store.commit(sampleBatch({ runs: [sampleRecord('theirs', { owner })] }));
  const { at: found, refusal } = await homeOf(hub, 'theirs', new Door({ allowV1: true, ...(known && { known }) }), connection);
  return refusal?.code ?? found;
}

describe('a worker that came to the wrong control plane', () => {
  it('is sent over the way that it can go', async () => {
    const at = [tcp, unix];
    expect(await home(at, over('unix'))).toBe(unix);
    expect(await home(at, over('tcp'))).toBe(tcp);
    // What is open to this machine alone is no use to another, and nobody gives up encryption.
    expect(await home(at, over('tcp', false))).toBeUndefined();
    expect(await home(at, over('tcp', true, true))).toBeUndefined();
    expect(await home([tcp, tcp.replace('tcp:', 'tls:')], over('tcp', true, true))).toBe(tcp.replace('tcp:', 'tls:'));
  });

  it('is sent nowhere where nobody answers, or where it is known to be', async () => {
    for (const server of servers) server.close();
    expect(await home([tcp, unix], over('unix'))).toBeUndefined();
    expect(await home([], over('unix'))).toBeUndefined();
    expect(await home(['unix:', 'tcp://', 'http://127.0.0.1:1', 'tcp://h'], over('unix'))).toBeUndefined();
  });

  it('is never sent to where it is already, and not to one that is gone', async () => {
    hub.reachedAt([unix]);
    expect(await home([unix], over('unix'))).toBeUndefined();
    expect(await home([unix, tcp], over('unix'))).toBe(tcp);
    expect(await home([tcp], over('unix'), { pid: 2 ** 22 + 1 })).toBeUndefined();
  });

  it('is not told where a run is that its key does not write to', async () => {
    expect(await home([unix], over('unix'), { known: { experiments: new Set(['other']) } })).toBe('XT_FORBIDDEN');
  });
});

describe('the address of a listener', () => {
  it.each([
    ['127.0.0.1', undefined, false, ['tcp://127.0.0.1:7']],
    ['::1', undefined, true, ['tls://[::1]:7']],
    ['0.0.0.0', 'gpu-3.example', true, ['tls://gpu-3.example:7']],
    ['0.0.0.0', 'gpu-3.example:8', false, ['tcp://gpu-3.example:8']],
    ['10.0.0.1', '2001:db8::1', false, ['tcp://[2001:db8::1]:7']],
    ['10.0.0.1', '[2001:db8::1]:8', false, ['tcp://[2001:db8::1]:8']],
  ])('%s, told %s', (host, advertise, encrypted, addresses) => {
    expect(advertised({ host, advertise, encrypted })(7)).toEqual(addresses);
  });

  it.each(['user@host', 'http://host', 'host:0', 'host:70000', 'host:1:2', 'a b'])('cannot be %s', (advertise) => {
    expect(() => advertised({ host: '0.0.0.0', advertise, encrypted: false })).toThrow('XT_ARGUMENT');
  });
});
