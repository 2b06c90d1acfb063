// TCP -> durable -> acknowledged, end to end: a sender process with pre-made frames, a control plane with its store.

import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XTrack } from '../dist/index.js';

const SENDER = fileURLToPath(new URL('./support/sender.mjs', import.meta.url));
const SECONDS = Number(process.env.XTRACK_BENCH_SECONDS ?? 30);

/** Runs `connections` senders for `seconds`, as fast as acks allow or at `rate` events/s each. */
async function load({ connections, seconds, rate, onMemory }) {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-bench-'));
  const xtrack = await XTrack.start({ directory, ...(process.env.XTRACK_BENCH_STORE === 'memory' ? { store: 'memory' } : {}) });
  const { port } = await xtrack.startTcpServer({ port: 0 });
  const child = fork(SENDER, [JSON.stringify({ port, connections, seconds, rate })], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const memory = setInterval(() => onMemory?.(process.memoryUsage().rss / 2 ** 20), 500);
  const result = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the sender ended with ${code}`)));
  });
  clearInterval(memory);
  await xtrack.close();
  await rm(directory, { recursive: true, force: true });
  return result;
}

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const rows = [];
  for (const connections of [1, 8]) {
    const samples = [];
    const { events, elapsed } = await load({ connections, seconds: SECONDS, onMemory: (mib) => samples.push(mib) });
    const rate = events / elapsed;
    rows.push({
      name: `TCP -> fsynced -> acked, ${connections} connection(s), ${SECONDS} s`,
      unit: 'events/s',
      value: rate,
      min: rate,
      max: rate,
    });
    const half = samples.slice(samples.length / 2);
    rows.push({
      name: `  resident memory of the control plane`,
      unit: 'MiB',
      value: half[half.length >> 1] ?? Number.NaN,
      min: Math.min(...samples),
      max: Math.max(...samples),
      note: 'median of the second half; target < 300',
    });
  }
  const paced = await load({ connections: 1, seconds: Math.min(SECONDS, 10), rate: 20_000 });
  rows.push({ name: 'ack latency at 20,000 events/s, p50', unit: 'ms', value: paced.p50, min: paced.least, max: paced.most });
  rows.push({
    name: 'ack latency at 20,000 events/s, p99',
    unit: 'ms',
    value: paced.p99,
    min: paced.least,
    max: paced.most,
    note: 'target < 100',
  });
  return rows;
}
