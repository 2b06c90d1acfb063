// A disk that fills up under a live control plane: nothing is acknowledged that is not stored, and all goes on when there is room.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { ask } from './support/http.js';
import { Peer } from './support/peer.js';

const CAN_MOUNT = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'xtrack-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status === 0;
  if (mounted) spawnSync('umount', [probe]);
  spawnSync('rmdir', [probe]);
  return mounted;
})();

let directory: string;
let xtrack: XTrack;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-full-'));
  if (!CAN_MOUNT) return;
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', directory]);
  xtrack = await XTrack.start({ directory });
});

afterEach(async () => {
  if (CAN_MOUNT) {
    await xtrack.close();
    spawnSync('umount', [directory]);
  }
  await rm(directory, { recursive: true, force: true });
});

const ackedUpTo = (peer: Peer): number =>
  Math.max(0, ...peer.messages.map((message) => (message.type === 'ack' && message.status === 'ok' ? message.seq : 0)));

describe('a full disk', () => {
  it.skipIf(!CAN_MOUNT)(
    'stops acks, leaves answers, and ends with everything stored once there is room (needs root: a tmpfs)',
    { timeout: 60_000 },
    async () => {
      await writeFile(join(directory, 'ballast'), Buffer.alloc(3.5 * 1024 * 1024));
      const { port } = await xtrack.startTcpServer({ port: 0 });
      const http = await xtrack.startHttpServer({ port: 0 });
      const health = async (): Promise<string> => JSON.parse((await ask(`${http.url}api/v1/health`)).text).status;
      expect(await health()).toBe('ok');
      const peer = new Peer({ port }, { runId: 'r1' });
      await peer.hello();
      peer.send({ type: 'run_start', name: 'full' });
      await peer.acked(1);
      for (let line = 1; line <= 40; line += 1) peer.send({ type: 'log', level: 'info', message: randomBytes(30_000).toString('hex') });
      await expect.poll(health).toBe('degraded');
      expect(ackedUpTo(peer)).toBeLessThan(41);
      expect(await xtrack.getRun('r1')).toMatchObject({ name: 'full', status: 'running' });
      // An ack may still be on its way.
      await expect.poll(async () => (await xtrack.getLogs('r1')).length - ackedUpTo(peer)).toBe(-1);
      await rm(join(directory, 'ballast'));
      await peer.acked(41);
      expect(await xtrack.getLogs('r1')).toHaveLength(40);
      expect(await xtrack.getGaps('r1')).toEqual([]);
      await expect.poll(health).toBe('ok');
      peer.close();
    },
  );

  it.skipIf(!CAN_MOUNT)('does not keep close() from ending (needs root: a tmpfs)', async () => {
    const { port } = await xtrack.startTcpServer({ port: 0 });
    const peer = new Peer({ port }, { runId: 'r1' });
    await peer.hello();
    peer.send({ type: 'run_start' });
    await peer.acked(1);
    for (let line = 1; line <= 120; line += 1) peer.send({ type: 'log', level: 'info', message: randomBytes(30_000).toString('hex') });
    // Degraded: a commit has been under way for so long that the disk must be full.
    const { url } = await xtrack.startHttpServer({ port: 0 });
    await expect.poll(async () => JSON.parse((await ask(`${url}api/v1/health`)).text).status).toBe('degraded');
    await xtrack.close();
    expect(ackedUpTo(peer)).toBeLessThan(121);
  });
});
