// Who listens on the sockets of a data directory, as control planes come and go.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Peer } from '../test/support/peer.js';
import { isAnswered } from './transports/listen/socket-file.js';
import { XTrack } from './xtrack.js';

it('the socket that workers find goes to the next control plane, and comes back where it was removed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'xtrack-sockets-'));
  const path = join(directory, 'xtrack.sock');
  const own = join(directory, `xtrack.${process.pid}.sock`);
  const dead = join(directory, `xtrack.${2 ** 22 + 1}.sock`);
  writeFileSync(dead, '');
  const first = await XTrack.start({ directory });
  const second = await XTrack.start({ directory });
  try {
    expect([first.socketPath, second.socketPath]).toEqual([path, null]);
    // Until then it is reached over one of its own, and what a killed one left is gone.
    expect([await isAnswered(own), existsSync(dead)]).toEqual([true, false]);
    await first.close();
    await expect.poll(() => second.socketPath).toBe(path);
    rmSync(path);
    await expect.poll(() => isAnswered(path)).toBe(true);
    const worker = new Peer({ path }, { runId: 'late' });
    await worker.hello();
    worker.send({ type: 'run_start' });
    await worker.acked(1);
    worker.close();
    await second.close();
    expect([path, own].filter((each) => existsSync(each))).toEqual([]);
  } finally {
    await first.close();
    await second.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
