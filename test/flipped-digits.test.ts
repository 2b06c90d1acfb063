// A network between a Python training and the control plane that changes digits: nothing changed is stored, and nothing is lost.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const STEPS = 1_000;
const FLIPS = 4;
// In many small bursts, so that each is a chunk of its own.
const SCRIPT = `
import sys, time, xtrack
run = xtrack.start_run(run_id="r1")
end = time.monotonic() + 60
while run._session._sender.acked < 1 and time.monotonic() < end:
    time.sleep(0.01)
for step in range(${STEPS}):
    run.log_metric("loss", step + 0.25, step=step)
    if step % 20 == 19:
        time.sleep(0.012)
run.end()
`;

/** Changes a digit of a value in every fifth chunk, `FLIPS` times in all. */
function flipping(upstream: string, noteFlip: () => void) {
  const sockets = new Set<Socket>();
  let chunks = 0;
  let flips = 0;
  const server = createServer((near) => {
    const far = connect(upstream);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    far.pipe(near);
    near.on('data', (chunk) => {
      const at = chunk.lastIndexOf('.25,"step":');
      if (at > 0 && flips < FLIPS && ++chunks % 5 === 0) {
        flips += 1;
        noteFlip();
        chunk[at - 1] = (chunk[at - 1] as number) ^ 1;
      }
      far.write(chunk);
    });
  });
  return { server, close: () => [...sockets].map((socket) => socket.destroy()) };
}

it('stores exactly what was logged, with nothing set', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'xtrack-flips-'));
  const xtrack = await XTrack.start({ directory: folder });
  let flips = 0;
  const proxy = flipping(join(folder, 'xtrack.sock'), () => {
    flips += 1;
  });
  try {
    const socket = join(folder, 'proxy.sock');
    await once(proxy.server.listen(socket), 'listening');
    const env = { ...process.env, PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: folder, XTRACK_TRANSPORT: 'unix', XTRACK_SOCKET: socket };
    const python = spawn(PYTHON, ['-c', SCRIPT], { env: { ...env, XTRACK_FLUSH_TIMEOUT: '60' }, stdio: 'ignore' });
    await once(python, 'exit');
    await expect.poll(async () => (await xtrack.getRun('r1')).counts.metric, { timeout: 60_000 }).toBe(STEPS);
    expect(flips).toBeGreaterThan(0);
    const [series] = await xtrack.getMetrics('r1', 'loss', { maxPoints: STEPS });
    expect(series?.kind === 'points' ? [...series.value] : series?.kind).toEqual(Array.from({ length: STEPS }, (_, step) => step + 0.25));
  } finally {
    proxy.close();
    proxy.server.close();
    await xtrack.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);
