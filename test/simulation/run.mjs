// node test/simulation/run.mjs [--seeds A..B | --seed N | --list N,… | [--from A (else any)] [--count N]] [--only KIND,… | --without KIND,…] [--workers K]
//   [--seconds S] [--focus KIND,…] [--table] [--plants] [--minimise] [--verbose] [--dist FOLDER]

import { parseArgs } from 'node:util';
import { Crew, chooseSeeds } from './crew.mjs';
import { runPlants } from './plant-run.mjs';
import { describeFound, minimise, tableOf } from './report.mjs';
import { KINDS, PENDING } from './schedule.mjs';
import { prepare, simulate } from './simulate.mjs';
import { realNow } from './world.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    list: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string' },
    count: { type: 'string' },
    table: { type: 'boolean' },
    only: { type: 'string' },
    without: { type: 'string' },
    focus: { type: 'string' },
    workers: { type: 'string' },
    seconds: { type: 'string' },
    dist: { type: 'string' },
    plants: { type: 'boolean' },
    plant: { type: 'string' },
    minimise: { type: 'boolean' },
    verbose: { type: 'boolean' },
  },
});

const say = (line) => process.stdout.write(`${line}\n`);

/** Kinds of fault that are left out. */
function leftOut() {
  const only = values.only?.split(',');
  if (only !== undefined) return Object.keys(KINDS).filter((kind) => !only.includes(kind));
  return values.without?.split(',') ?? PENDING;
}

async function search() {
  const without = leftOut();
  const started = realNow();
  const crew = new Crew({
    workers: Number(values.workers ?? 1),
    dist: values.dist,
    without,
    focus: values.focus?.split(','),
    seconds: Number(values.seconds ?? 0),
    say,
  });
  const seeds = values.list?.split(',').map(Number) ?? chooseSeeds(values);
  if (seeds.length > 0) say(`seeds from ${seeds[0]} on`);
  const { schedules, steps, failures, done, next } = await crew.run(seeds);
  describeFound(failures, say);
  if (values.table) for (const line of tableOf(done)) say(line);
  if (next < seeds.length) say(`time is up; to go on: --from ${seeds[next]} --count ${seeds.length - next}`);
  const seconds = (realNow() - started) / 1000;
  say(`${schedules} schedules, ${failures.length} failed, ${steps} steps, ${seconds.toFixed(1)} s`);
  return failures.length === 0;
}

/** One seed in this process, with every step on the screen or with as few kinds of fault as it takes. */
async function repeat() {
  await prepare(values.dist, { stacks: true });
  const seed = Number(values.seed);
  const without = new Set(leftOut());
  const { violations } = await simulate(seed, { without, focus: values.focus?.split(','), log: values.verbose ? say : undefined });
  for (const { invariant, detail } of violations) say(`${invariant}: ${detail}`);
  if (violations.length > 0 && values.minimise) say(`it takes: ${(await minimise(seed, without)).join(' ') || 'no fault at all'}`);
  say(`seed ${seed}: ${violations.length === 0 ? 'all is well' : `${violations.length} violations`}`);
  return violations.length === 0;
}

async function plants() {
  return await runPlants({
    workers: Number(values.workers ?? 1),
    dist: values.dist,
    count: Number(values.count ?? 10_000),
    from: Number(values.from ?? 1),
    say,
    like: values.plant ?? '',
  });
}

const fine = values.plants ? await plants() : values.seed !== undefined ? await repeat() : await search();
process.exitCode = fine ? 0 : 1;
