// A run that was read and not yet written upon may be behind what is stored: another control plane, just closing, stored a last commit.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Peer } from '../../../test/support/peer.js';
import { XTrackError } from '../../protocol/errors.js';
import { Hub } from '../../runtime/hub.js';
import { openMemoryStore } from '../../storage/memory/store.js';
import { XTrack } from '../../xtrack.js';

let folder: string;
const planes: XTrack[] = [];
const peers: Peer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xtrack-stale-'));
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  for (const plane of planes.splice(0)) await plane.close();
  await rm(folder, { recursive: true, force: true });
});

/** Of this process, as all of them: none finds a run to be held elsewhere. */
async function open(): Promise<(worker: string) => Peer> {
  const plane = await XTrack.start({ directory: folder });
  planes.push(plane);
  const { port } = await plane.startTcpServer({ port: 0, token: 'shared' });
  return (worker) => {
    const peer = new Peer({ port }, { runId: 'shared-run', worker, token: 'shared', capabilities: ['ack'] });
    peers.push(peer);
    return peer;
  };
}

it('is compared with the store before a worker hears how far it has come', async () => {
  const [one, other] = [await open(), await open()];
  const worker = one('w');
  await worker.hello();
  worker.send({ type: 'run_start' });
  await worker.acked(1);
  // Reads the run as it stands at its first event.
  await other('bystander').hello();
  for (let seq = 2; seq <= 10; seq++) worker.send({ type: 'metric', key: 'loss', value: seq });
  await worker.acked(10);
  worker.close();
  const again = other('w');
  expect((await again.hello()).resumeFrom).toBe(11);
  again.send({ type: 'metric', key: 'loss', value: 11 }, 11);
  await again.acked(11);
  expect(await (planes[1] as XTrack).getGaps('shared-run')).toEqual([]);
  expect((await (planes[1] as XTrack).listSeries('shared-run'))[0]?.count).toBe(10);
});

it.each([
  ['somebody waits for it there', false],
  ['nobody does any more', true],
])('does not come back by a control plane that asked for it before it was begun, and removed for good: %s', async (_, leaves) => {
  const [one, other] = [await open(), await open()];
  // It reads that there is no such run.
  const bystander = other('bystander');
  await bystander.hello();
  const worker = one('w');
  await worker.hello();
  worker.send({ type: 'run_start' });
  worker.send({ type: 'metric', key: 'loss', value: 1 });
  worker.send({ type: 'run_end', status: 'completed' });
  await worker.acked(3);
  if (leaves) {
    bystander.close();
    await bystander.waitClosed();
  }
  await (planes[0] as XTrack).purgeRun('shared-run');
  worker.close();
  const again = other('w');
  await again.hello();
  again.send({ type: 'run_start' }, 1);
  again.send({ type: 'metric', key: 'loss', value: 1 }, 2);
  again.send({ type: 'metric', key: 'loss', value: 2 }, 3);
  // It need not keep them.
  await again.waitFor((message) => message.type === 'ack' && message.seq === 3);
  await expect((planes[1] as XTrack).getRun('shared-run')).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
});

it('is what is in memory where the store cannot be asked: it takes no commit then either', async () => {
  const store = await openMemoryStore();
  const hub = new Hub({ store, onCommitFailure: () => undefined });
  const collector = await hub.collector('r');
  collector.change(() => undefined);
  await hub.journal.flush('r');
  store.getRevision = async () => {
    throw new XTrackError('XT_STORE_READ', { detail: 'away' });
  };
  expect(await hub.upToDate('r')).toBe(collector);
  store.getRevision = async () => 1;
  expect(await hub.upToDate('r')).not.toBe(collector);
  await hub.close();
});
