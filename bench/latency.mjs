// How long after it is written to a socket an event reaches a subscriber: decoded, committed with fsync, published.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XTrack } from '../dist/index.js';
import { median } from './bench.mjs';

const SENDER = fileURLToPath(new URL('./support/paced-sender.mjs', import.meta.url));
const RATE = 10_000;
const SECONDS = 4;
const ROUNDS = 5;

async function round() {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-bench-'));
  const xtrack = await XTrack.start({ directory });
  const { port } = await xtrack.startTcpServer({ port: 0 });
  const latencies = [];
  const controller = new AbortController();
  const listening = (async () => {
    for await (const item of xtrack.subscribe('paced', { signal: controller.signal, types: ['metric'] })) {
      if (item.type === 'metric') latencies.push(performance.timeOrigin + performance.now() - item.ts / 1000);
    }
  })();
  const child = fork(SENDER, [JSON.stringify({ port, rate: RATE, seconds: SECONDS })]);
  await once(child, 'exit');
  controller.abort();
  await listening;
  await xtrack.close();
  await rm(directory, { recursive: true, force: true });
  // The first half second warms up both sides.
  const settled = latencies.slice(RATE / 2).sort((a, b) => a - b);
  return { p50: settled[Math.floor(settled.length * 0.5)], p99: settled[Math.floor(settled.length * 0.99)] };
}

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const rounds = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round());
  return ['p50', 'p99'].map((name) => {
    const values = rounds.map((each) => each[name]);
    return {
      name: `socket -> subscriber at ${RATE} events/s, ${name}`,
      unit: 'ms',
      value: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      ...(name === 'p99' ? { note: 'target < 5' } : {}),
    };
  });
}
