// What the dashboard is measured on: a data directory with a sweep and one long series, a server process on it, and a real Chromium.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openSqliteStore } from '../../dist/storage/sqlite/store.js';
import { sampleBatch, sampleRecord } from '../../dist/testing/sample-run.js';
import { fillSweep } from './sweep.mjs';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const BATCH = 50_000;
/** µs: when the long run began, and between two of its points. */
const START = 1_703_123_456_000_000;
const PACE = 350;
/** Above all those that the sweep takes. */
const TRACK = 4_000_000;

export const LONG_RUN = 'long';

/** The path of a Chromium: XTRACK_CHROMIUM, or the first in PATH; undefined: there is none. */
export function findChromium() {
  if (process.env.XTRACK_CHROMIUM) return process.env.XTRACK_CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Calls `body` with `{server, browser}`: a server of a directory with all that, a browser beside it. Both end afterwards. */
export async function withStage(executablePath, { runs, points }, body) {
  const directory = mkdtempSync(join(tmpdir(), 'xtrack-bench-'));
  let child;
  let browser;
  try {
    await fill(directory, runs, points);
    child = spawn(process.execPath, [CLI, 'serve', '--data', directory, '--http-port', '0', '--port', '0', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const server = await announced(child);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
    return await body({ server, browser });
  } finally {
    await browser?.close();
    if (child !== undefined) await ended(child);
    rmSync(directory, { recursive: true });
  }
}

async function fill(directory, runs, points) {
  const store = await openSqliteStore({ directory });
  try {
    await fillSweep(store, runs);
    const record = sampleRecord(LONG_RUN, {
      name: LONG_RUN,
      status: 'completed',
      createdAt: START,
      startedAt: START,
      endedAt: START + points * PACE,
    });
    const track = { id: TRACK, runId: LONG_RUN, worker: '', incarnation: 'a', key: 'loss', phase: '', aggregation: '' };
    await store.commit(sampleBatch({ runs: [record], tracks: [track] }));
    for (let from = 0; from < points; from += BATCH)
      await store.commit(sampleBatch({ points: pointsFrom(from, Math.min(BATCH, points - from)) }));
  } finally {
    await store.close();
  }
}

function pointsFrom(from, length) {
  const columns = { length, track: new Uint32Array(length).fill(TRACK) };
  for (const name of ['seq', 'step', 'epoch', 'ts', 'value']) columns[name] = new Float64Array(length);
  for (let at = 0; at < length; at++) {
    const seq = from + at + 1;
    columns.seq[at] = seq;
    columns.step[at] = seq;
    columns.epoch[at] = Number.NaN;
    columns.ts[at] = START + seq * PACE;
    columns.value[at] = Math.exp(-seq / 300_000) + Math.random() * 0.1;
  }
  return columns;
}

/** What the server prints once it listens. */
async function announced(child) {
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code}`);
    }),
  ]);
  return JSON.parse(line);
}

async function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
