// A collector that goes away in the middle of a run, and what the training and the store say afterwards.
// Used by the bench (a minute away) and by a test (seconds).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { XTrack } from '../../dist/index.js';

const SCRIPT = fileURLToPath(new URL('../outage.py', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../python', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

async function serve(directory) {
  const child = spawn(process.execPath, [MAIN, 'serve', '--data', directory, '--port', '0', '--no-http'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (/^unix /m.test(said)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });
  return child;
}

async function kill(child) {
  child.removeAllListeners('exit');
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/**
 * `killTrainer`: kill -9 the training too, at the end of the outage. Resolves to {report (null when it was killed), logged, stored,
 * gaps, leftFiles}: steps whose log call had returned, points in the store, missing ranges, spool files that are left.
 */
export async function outage({ beforeMs, awayMs, afterMs, killTrainer }) {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-outage-'));
  const counter = join(directory, 'counter');
  let server = await serve(directory);
  const trainer = spawn(process.env.XTRACK_PYTHON ?? 'python3', [SCRIPT, counter], {
    env: { ...process.env, PYTHONPATH: PACKAGE, XTRACK_DATA: directory },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let output = '';
  trainer.stdout.on('data', (chunk) => {
    output += chunk;
  });
  try {
    await sleep(beforeMs);
    await kill(server);
    trainer.stdin.write('away\n');
    await sleep(awayMs);
    if (killTrainer) await kill(trainer);
    server = await serve(directory);
    if (!killTrainer) {
      trainer.stdin.write('after\n');
      await sleep(afterMs);
      trainer.stdin.end('end\n');
      await once(trainer, 'close');
    }
    const [runId, json] = output.trim().split('\n');
    const logged = Number((await readFile(counter)).readBigUInt64LE());
    const found = await settled(directory, runId, logged);
    return { report: json === undefined ? null : JSON.parse(json).phases, logged, ...found };
  } finally {
    await kill(trainer);
    await kill(server);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What is stored once all has arrived, or a minute has passed. */
async function settled(directory, runId, logged) {
  const xtrack = await XTrack.start({ directory, readOnly: true });
  const look = async () => {
    const stored = (await xtrack.listSeries(runId).catch(() => [])).find(({ key }) => key === 'loss')?.count ?? 0;
    const files = await readdir(join(directory, 'spool'));
    return { stored, leftFiles: files.length };
  };
  let found = await look();
  for (let tries = 0; tries < 600 && (found.stored < logged || found.leftFiles > 0); tries += 1) {
    await sleep(100);
    found = await look();
  }
  const gaps = await xtrack.getGaps(runId);
  await xtrack.close();
  return { ...found, gaps: gaps.length };
}
