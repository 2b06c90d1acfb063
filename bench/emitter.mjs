// The Python emitter against a real control plane: cost of a log_metric call, quiet and with the disk saturated, and the rate
// that one process delivers until everything is acknowledged.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XTrack } from '../dist/index.js';
import { median } from './bench.mjs';

const SCRIPT = fileURLToPath(new URL('./python_emitter.py', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../python', import.meta.url));
const ROUNDS = 5;

async function round() {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-bench-'));
  const xtrack = await XTrack.start({ directory });
  const args = [SCRIPT, '--socket', xtrack.socketPath, '--events', '1000000', '--seconds', '3'];
  const child = spawn(process.env.XTRACK_PYTHON ?? 'python3', args, {
    env: { ...process.env, PYTHONPATH: PACKAGE },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  await xtrack.close();
  await rm(directory, { recursive: true, force: true });
  return JSON.parse(output);
}

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const rounds = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round());
  const row = (name, unit, pick, note) => {
    const values = rounds.map(pick);
    return {
      name,
      unit,
      value: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      ...(note === undefined ? {} : { note }),
    };
  };
  const rows = [
    row('Python -> committed -> acked, one process', 'events/s', (each) => each.throughput.delivered_per_s, 'target >= 300,000'),
    row('Python log_metric calls, one process', 'calls/s', (each) => each.throughput.logged_per_s),
  ];
  for (const [key, where] of [
    ['log_metric_us', 'quiet disk'],
    ['log_metric_us_disk_saturated', 'saturated disk'],
  ]) {
    for (const [pace, how] of [
      ['back_to_back', 'back to back'],
      ['paced_3k', '3,000/s'],
    ]) {
      for (const [quantile, target] of [
        ['p50', 'target < 5'],
        ['p99', undefined],
        ['p999', 'target < 100'],
      ]) {
        rows.push(row(`log_metric, ${where}, ${how}, ${quantile}`, 'us', (each) => each[key][pace][quantile], target));
      }
    }
  }
  return rows;
}
