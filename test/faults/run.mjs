// Real processes, real faults: node test/faults/run.mjs [--rounds N] [--seed S] [--seconds LIMIT] [--parallel K] [--keep] [--only FAULT,…] [--more] [--verify]
// Exit code 1 when a round failed, and failed again with the same seed. Rounds run what is in dist/, so build first.

import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { POSTGRES } from '../support/postgres-program.mjs';
import { Chance } from './chance.mjs';
import { CAN_MOUNT } from './disk.mjs';
import { planRound } from './plan.mjs';
import { describeFailure, lineOf, Table } from './report.mjs';
import { Round } from './round.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
/** A round that failed is played so many times more: schedules of real processes do not repeat by a seed alone. */
const AGAIN = 2;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '3600' },
    parallel: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    more: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    /** Another build than that of this checkout. */
    dist: { type: 'string', default: join(ROOT, 'dist') },
    python: { type: 'string', default: join(ROOT, 'python') },
    again: { type: 'string', default: String(AGAIN) },
    'until-failed': { type: 'boolean', default: false },
  },
});
const only = values.only.split(',').filter((name) => name !== '');
const means = { postgres: POSTGRES !== undefined, mounts: CAN_MOUNT, strace: spawnSync('strace', ['-V']).status === 0 };
const deadline = performance.now() + Number(values.seconds) * 1000;
const table = new Table();
const often = [];
const once = [];
const playing = new Set();
let stopped = false;

async function play(seed) {
  const began = performance.now();
  const round = new Round(planRound(seed, { ...means, only, more: values.more }), {
    dist: values.dist,
    python: values.python,
    verify: values.verify,
  });
  playing.add(round);
  const ok = await round.play();
  playing.delete(round);
  if (stopped) return undefined;
  table.add(round, ok);
  process.stdout.write(`${lineOf(round, ok, (performance.now() - began) / 1000)}\n`);
  if (!ok) {
    const flags = ['more', 'verify'].filter((name) => values[name]).map((name) => ` --${name}`);
    const more = `${only.length > 0 ? ` --only ${only.join(',')}` : ''}${flags.join('')}`;
    process.stdout.write(`${describeFailure(round, `node test/faults/run.mjs --rounds 1 --seed ${seed}${more}`)}\n`);
  }
  if (ok && !values.keep) round.remove();
  return ok ? undefined : round.problems[0];
}

/** A round, and again where it failed: what fails twice is a fault, what fails once is told plainly. */
async function playWithDoubt(seed) {
  const first = await play(seed);
  if (first === undefined) return;
  if (Number(values.again) === 0) {
    often.push(`seed ${seed}: ${first}`);
    return;
  }
  for (let turn = 0; turn < Number(values.again); turn += 1) {
    if ((await play(seed)) === undefined) continue;
    often.push(`seed ${seed}: ${first}`);
    return;
  }
  once.push(`seed ${seed}: ${first}`);
}

/** Rounds are begun until the time is up, or, where that is wanted, one has failed. */
const goesOn = () => performance.now() < deadline && !(values['until-failed'] && table.sums.failed > 0);

async function work(seeds) {
  while (seeds.length > 0 && goesOn()) await playWithDoubt(seeds.shift());
}

/** Who interrupts the search leaves nothing running. */
async function stop() {
  stopped = true;
  await Promise.all([...playing].map((round) => round.abandon()));
  process.stdout.write(`\n${table}\n`);
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());

if (!existsSync(join(values.dist, 'cli/main.js'))) throw new Error(`nothing is built in ${values.dist}: npm run build`);
const missing = Object.entries(means).filter(([, there]) => !there);
for (const [name] of missing) process.stdout.write(`without ${name}: its faults are left out\n`);
const seeds = (values.seed ?? []).map(Number);
// One seed for several rounds: the first has it, the others follow from it.
const following = new Chance(seeds[0] ?? randomInt(2 ** 32));
while (seeds.length < Number(values.rounds)) seeds.push(following.int(0, 2 ** 32 - 1));
const planned = seeds.length;
await Promise.all(Array.from({ length: Number(values.parallel) }, () => work(seeds)));
process.stdout.write(`\n${table}\n`);
if (seeds.length > 0) process.stdout.write(`\n${seeds.length} of ${planned} rounds were not begun\n`);
if (once.length > 0) process.stdout.write(`\nseen once\n${once.map((text) => `  ${text}`).join('\n')}\n`);
if (often.length > 0) process.stdout.write(`\nfailed again\n${often.map((text) => `  ${text}`).join('\n')}\n`);
process.exitCode = often.length > 0 ? 1 : 0;
