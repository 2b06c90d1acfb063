// What 200 live clients, 50 of them stalled, cost the server that takes 1,000 events a second in, and how soon they hear of an event.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XTrack } from '../dist/index.js';
import { KeyRing } from '../dist/server/http/access/keys.js';
import { startHttpServer } from '../dist/server/http/app.js';

const CLIENTS = fileURLToPath(new URL('./support/live-clients.mjs', import.meta.url));
const SENDER = fileURLToPath(new URL('./support/sender.mjs', import.meta.url));
const PACED = fileURLToPath(new URL('./support/paced-sender.mjs', import.meta.url));
const SECONDS = Number(process.env.XTRACK_BENCH_SECONDS ?? 20);
const COUNTS = { reading: 140, measuring: 10, stalled: 50 };
/** Events a second: those of which the acks are measured, and those whose age is when they reach a client. */
const RATES = { acked: 900, paced: 100 };

/** Both senders at once; how fast the acks came. */
async function load(port) {
  const acked = fork(SENDER, [JSON.stringify({ port, connections: 1, seconds: SECONDS, rate: RATES.acked })]);
  const paced = fork(PACED, [JSON.stringify({ port, rate: RATES.paced, seconds: SECONDS })]);
  const [[report]] = await Promise.all([once(acked, 'message'), once(paced, 'exit')]);
  return { ...report, rate: report.events / report.elapsed };
}

/** MiB, after a collection where that can be had. */
function memory() {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 };
}

/** The same load on a server of its own, without clients and with them. */
async function measure(clients) {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-bench-'));
  const xtrack = await XTrack.start({ directory });
  const keys = KeyRing.open(null);
  const { port } = await xtrack.startTcpServer({ port: 0 });
  const http = await startHttpServer(xtrack, { port: 0, keys });
  // A key has 64 places.
  const given = Array.from({ length: 5 }, (_, index) => keys.create({ name: `client ${index}`, scope: 'read' }).key);
  const child = clients && fork(CLIENTS, [JSON.stringify({ url: `${http.url}api/v1/events`, keys: given, ...COUNTS })]);
  if (child) await once(child, 'message');
  const before = memory();
  const sent = await load(port);
  const after = memory();
  let heard;
  if (child) {
    child.send('report');
    [heard] = await once(child, 'message');
  }
  await http.close();
  await xtrack.close();
  await rm(directory, { recursive: true, force: true });
  return { before, after, sent, heard };
}

const one = (name, unit, value, note) => ({ name, unit, value, min: value, max: value, ...(note && { note }) });

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const alone = await measure(false);
  const watched = await measure(true);
  const who = `${COUNTS.reading + COUNTS.measuring + COUNTS.stalled} clients, ${COUNTS.stalled} stalled`;
  const heard = (name, note) => ({
    ...one(`socket -> fsynced -> client, ${who}, ${name}`, 'ms', watched.heard[name], note),
    min: watched.heard.least,
    max: watched.heard.most,
  });
  const rows = [];
  for (const [what, { sent, before, after }] of [
    ['no clients', alone],
    [who, watched],
  ]) {
    rows.push(one(`taken in at ${RATES.acked} events/s, ${what}`, 'events/s', sent.rate));
    rows.push(one(`ack latency, ${what}, p50`, 'ms', sent.p50), one(`ack latency, ${what}, p99`, 'ms', sent.p99));
    rows.push(one(`memory held after ${SECONDS} s, ${what}`, 'MiB', after.held, `${before.held.toFixed(0)} before`));
    rows.push(one(`resident memory after ${SECONDS} s, ${what}`, 'MiB', after.rss, `${before.rss.toFixed(0)} before`));
  }
  const got = watched.heard.events / (watched.sent.events + RATES.paced * SECONDS);
  rows.push(heard('p50'), heard('p95', 'target < 150 to the pixel'), heard('p99'));
  rows.push(one('events that a client which reads has heard', '%', got * 100, JSON.stringify(watched.heard.messages)));
  return rows;
}
