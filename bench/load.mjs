// Three hundred emitters, a thousand runs, 20,000 events a second in all, against a real `xtrack serve`: nothing may be lost, acks come
// soon, and the server stays small. `--seconds N` sets how long (600).

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { XTrack } from '../dist/index.js';
import { FrameDecoder } from '../dist/protocol/index.js';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const SENDER = fileURLToPath(new URL('./support/load-sender.mjs', import.meta.url));
const SECONDS = Number(process.env.XTRACK_BENCH_LOAD_SECONDS ?? 600);
const [RUNS, CONNECTIONS, RATE] = [1_000, 300, 20_000];

/** A control plane of its own, as a user starts it. */
async function serve(directory) {
  const args = ['serve', '--json', '--data', directory, '--http-port', '0', '--port', '0', '--no-token'];
  const server = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit').then(([code]) => {
    throw new Error(`the server ended with ${code}`);
  });
  ended.catch(() => undefined);
  const [line] = await Promise.race([once(createInterface(server.stdout), 'line'), ended]);
  return { server, ended, port: JSON.parse(line).tcp.port };
}

/** The most that ever was resident (MiB). */
function peakOf({ pid }) {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;
}

async function send(port, ended) {
  const child = fork(SENDER, [JSON.stringify({ port, runs: RUNS, connections: CONNECTIONS, rate: RATE, seconds: SECONDS })]);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the sender ended with ${code}`);
  });
  failed.catch(() => undefined);
  try {
    const [report] = await Promise.race([once(child, 'message'), failed, ended]);
    return report;
  } finally {
    child.kill();
  }
}

/** Numbers of the run that its event log does not hold, and those that it holds more than once. */
async function readLog(xtrack, runId, sent) {
  const seen = new Uint8Array(sent + 1);
  let twice = 0;
  const sink = {
    message({ seq }) {
      if (seen[seq] === 1) twice += 1;
      seen[seq] = 1;
    },
    refused: (error) => {
      throw error;
    },
    skipped: (error) => {
      throw error;
    },
  };
  const decoder = new FrameDecoder(sink, { mode: 'recover' });
  for await (const bytes of xtrack.exportRun(runId)) decoder.push(bytes);
  decoder.end();
  return { lost: sent - seen.reduce((sum, one) => sum + one, 0), twice };
}

/** What the data directory holds of what was sent. */
async function recount(directory, sent) {
  const xtrack = await XTrack.start({ directory });
  const total = { lost: 0, twice: 0, miscounted: 0 };
  for (const [runId, events] of Object.entries(sent)) {
    const { counts } = await xtrack.getRun(runId);
    const counted = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (counted !== events) total.miscounted += 1;
    const { lost, twice } = await readLog(xtrack, runId, events);
    total.lost += lost;
    total.twice += twice;
  }
  await xtrack.close();
  return total;
}

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-load-'));
  const { server, ended, port } = await serve(directory);
  try {
    const report = await send(port, ended);
    const peak = peakOf(server);
    server.kill('SIGTERM');
    await ended.catch(() => undefined);
    return rowsOf(report, peak, await recount(directory, report.sent));
  } finally {
    server.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}

function rowsOf({ elapsed, sent, acked, p50, p99, most }, peak, { lost, twice, miscounted }) {
  const events = Object.values(sent).reduce((sum, count) => sum + count, 0);
  const one = (name, unit, value, note) => ({ name, unit, value, min: value, max: value, ...(note !== undefined && { note }) });
  /** What may not be: the bench has failed. */
  const none = (name, unit, value) => ({ ...one(name, unit, value, 'target 0'), ...(value !== 0 && { failed: true }) });
  return [
    one(`${RUNS} runs, ${CONNECTIONS} connections, ${SECONDS} s`, 'events/s', events / elapsed, `${events} events; target ${RATE}`),
    { ...one('ack latency, p50', 'ms', p50), max: most },
    { ...one('ack latency, p99', 'ms', p99, 'target < 250'), max: most },
    one('resident memory of the server, most', 'MiB', peak, 'target < 500'),
    none('events without an ack', 'events', events - acked),
    none('events lost', 'events', lost),
    none('events stored twice', 'events', twice),
    none('runs whose counts differ', 'runs', miscounted),
  ];
}
