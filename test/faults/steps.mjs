// What breaks: each step of a plan, done to the real processes of a round.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { load } from './load.mjs';
import { sendStrangers } from './strangers.mjs';

/** How long (ms) an orderly end may take on a busy machine. */
export const STOP_MS = 45_000;

/** Steps by kind: `(stage, step)`. A stage is what `round.mjs` has set up. */
const STEPS = {
  'server-kill': (stage, step) => killed(stage, stage.server, step),
  'server-term': (stage, step) => ended(stage, stage.server, step),
  'server-stop': (stage, step) => frozen(stage, stage.server, step),
  'server-spoilt': spoilt,
  'start-kill': startKill,
  'end-kill': endKill,
  'other-kill': (stage, step) => killed(stage, stage.other, step),
  'other-stop': (stage, step) => frozen(stage, stage.other, step),
  'trainer-kill': (stage, step) => trainerSignal(stage, step, 'SIGKILL'),
  'trainer-term': (stage, step) => trainerSignal(stage, step, 'SIGTERM'),
  'trainer-stop': trainerStop,
  'network-cut': (stage) => {
    for (const proxy of stage.proxies) proxy.cut();
    stage.note('network-cut');
  },
  'network-away': networkAway,
  'disk-full': diskFull,
  'full-kill': diskFull,
  'postgres-crash': (stage, step) => postgresDown(stage, step, 'SIGQUIT'),
  'postgres-end': (stage, step) => postgresDown(stage, step, 'SIGINT'),
  'postgres-stop': postgresFrozen,
  strangers,
  'run-deleted': runDeleted,
  upkeep,
  readers,
};

/** Does every step at its time. */
export async function takeSteps(stage, steps) {
  const began = performance.now();
  await Promise.all(
    steps.map(async (step) => {
      await delay(Math.max(0, step.at - (performance.now() - began)));
      await STEPS[step.kind](stage, step);
    }),
  );
}

/** One thing at a time is done to a control plane. */
async function alone(plane, action) {
  const before = plane.busy ?? Promise.resolve();
  plane.busy = before.catch(() => undefined).then(action);
  await plane.busy;
}

async function again(stage, plane, how) {
  if (await plane.start(how)) return true;
  if (how === undefined && !stage.mayFailToStart()) stage.problem(`${plane.name} ended at its start: see ${plane.name}.err`);
  return false;
}

async function killed(stage, plane, step) {
  if (plane === undefined) return;
  await alone(plane, async () => {
    if (!plane.alive) return;
    plane.expected = true;
    await plane.kill();
    stage.note(step.kind);
    await delay(step.ms / 4);
    await again(stage, plane);
    plane.expected = false;
  });
}

async function ended(stage, plane, step) {
  await alone(plane, async () => {
    if (!plane.alive) return;
    plane.expected = true;
    const code = await plane.stop(STOP_MS * load());
    stage.note(step.kind);
    if (code === undefined) {
      stage.problem(`${plane.name} does not end within ${STOP_MS / 1000} s of SIGTERM`);
      await plane.kill();
    } else if (code !== 0) stage.problem(`${plane.name} ended with ${code} after SIGTERM: see ${plane.name}.err`);
    await delay(step.ms / 4);
    await again(stage, plane);
    plane.expected = false;
  });
}

async function frozen(stage, plane, step) {
  if (plane === undefined) return;
  await alone(plane, async () => {
    if (!plane.signal('SIGSTOP')) return;
    stage.note(step.kind);
    await delay(step.ms);
    plane.signal('SIGCONT');
  });
}

/** Under strace for a while, then plain again. */
async function spoilt(stage, step) {
  const plane = stage.server;
  await alone(plane, async () => {
    plane.expected = true;
    if (plane.alive) await plane.kill();
    const started = await again(stage, plane, step.spoilt);
    if (started) await plane.member.within(1_000 + step.ms);
    stage.note(`spoilt:${step.spoilt.kind}`);
    if (plane.alive) await plane.kill();
    else if (!step.spoilt.kind.startsWith('kill') && started) stage.problem(`${plane.name} ended by itself with ${step.spoilt.kind}`);
    await again(stage, plane);
    plane.expected = false;
  });
}

/** It dies while it starts and takes over what its predecessor left, and the next one too. */
async function startKill(stage, step) {
  const plane = stage.server;
  await alone(plane, async () => {
    plane.expected = true;
    for (let turn = 1; turn <= 1 + (step.which % 3); turn += 1) {
      if (plane.alive) await plane.kill();
      const started = plane.start();
      await Promise.race([started, delay(step.ms / turn)]);
      await plane.kill();
      await started;
      stage.note(step.kind);
    }
    await again(stage, plane);
    plane.expected = false;
  });
}

/** The control plane dies at the very moment when a training has ended, and has nothing left to send again. */
async function endKill(stage, step) {
  const plane = stage.server;
  const before = stage.trainers.ends();
  // Steps are waited for: one that waits for what may never come has an end of its own.
  const until = performance.now() + stage.plan.ms;
  while (performance.now() < until && stage.trainers.ends() === before) await delay(3);
  if (stage.trainers.ends() === before || !plane.signal('SIGKILL')) return;
  plane.expected = true;
  stage.note(step.kind);
  await alone(plane, async () => {
    if (plane.alive) await plane.kill();
    await again(stage, plane);
    plane.expected = false;
  });
}

async function trainerSignal(stage, step, signal) {
  const trainer = stage.trainerOf(step);
  const life = stage.trainers.current(trainer);
  if (life === undefined || !stage.trainers.signal(life, signal)) return;
  stage.note(step.kind);
  await delay(step.ms / 4);
  if (trainer.restarts && trainer.way !== 'run' && !stage.over) stage.trainers.launch(trainer);
}

async function trainerStop(stage, step) {
  const life = stage.trainers.current(stage.trainerOf(step));
  if (life === undefined || !stage.trainers.signal(life, 'SIGSTOP')) return;
  stage.note(step.kind);
  await delay(step.ms);
  stage.trainers.signal(life, 'SIGCONT');
}

async function networkAway(stage, step) {
  stage.note(step.kind);
  for (const proxy of stage.proxies) {
    proxy.closed = true;
    proxy.cut();
  }
  await delay(step.ms);
  for (const proxy of stage.proxies) proxy.closed = false;
}

async function diskFull(stage, step) {
  if (stage.disk === undefined) return;
  stage.note(step.kind);
  stage.full = true;
  stage.disk.fill();
  if (step.kind === 'full-kill') await killed(stage, stage.server, { ...step, kind: 'server-kill' });
  for (let until = performance.now() + step.ms; performance.now() < until; await delay(200)) stage.disk.fill();
  stage.disk.free();
  stage.full = false;
}

async function postgresDown(stage, step, signal) {
  const { postgres } = stage;
  if (postgres === undefined) return;
  await alone(postgres, async () => {
    postgres.signal(signal);
    await postgres.end();
    stage.note(step.kind);
    await delay(step.ms);
    await postgres.start();
  });
}

/** It takes no part in anything for a while, and its connections stay. */
async function postgresFrozen(stage, step) {
  const { postgres } = stage;
  if (postgres === undefined) return;
  await alone(postgres, async () => {
    postgres.signalAll('SIGSTOP');
    stage.note(step.kind);
    await delay(step.ms);
    postgres.signalAll('SIGCONT');
  });
}

async function strangers(stage) {
  const place = stage.server.place?.tcp;
  if (place === undefined) return;
  stage.note('strangers');
  await sendStrangers(
    place.port,
    stage.plan.trainers.map(({ run }) => run),
    stage.plan.stranger,
  );
}

/** Another process deletes a run for good while its training goes on. */
async function runDeleted(stage, step) {
  if (stage.victim) return;
  stage.victim = step.again ? 'purged' : 'trashed';
  stage.trainers.victim();
  await delay(1_000 + step.ms / 2);
  const words = step.again ? ['delete', '--purge', '--yes', 'victim'] : ['delete', 'victim'];
  stage.note(step.again ? 'run-purged' : 'run-trashed');
  await command(stage, words);
}

/** A command on the same data, as a process of its own; its exit code, undefined where it does not end. */
async function command(stage, words) {
  const place = ['--data', stage.data, ...(stage.database === undefined ? [] : ['--database', stage.database])];
  const member = stage.crew.spawn(words[0], process.execPath, [join(stage.dist, 'cli/main.js'), ...words, ...place]);
  if (await member.within(STOP_MS * load())) return member.exit.code;
  stage.problem(`xtrack ${words[0]} does not end`);
  return undefined;
}

const UPKEEP = ['backup', 'gc', 'verify', 'backup'];

/** Who looks after the data does so while trainings go on and things break. */
async function upkeep(stage, step) {
  const name = UPKEEP[step.which % UPKEEP.length];
  const more = { backup: [join(stage.folder, `copy-${step.at}.db`)], gc: ['--trash-days', '0'], verify: ['--all'] };
  stage.note(`upkeep:${name}`);
  const code = await command(stage, [name, ...more[name]]);
  // It reads what there is, whoever dies beside it; only a full disk or a database that is away may stop it.
  if (name === 'backup' && code !== undefined && code !== 0 && stage.disk === undefined && stage.postgres === undefined)
    stage.problem(`xtrack backup ended with ${code}: see backup.err`);
}

/** Somebody looks at pages and charts meanwhile. */
async function readers(stage, step) {
  stage.note('readers');
  const runs = stage.plan.trainers.map(({ run }) => run);
  for (let until = performance.now() + step.ms; performance.now() < until; await delay(50)) {
    await stage.server.ask('/runs?limit=50');
    for (const run of runs) await Promise.all(['', '/series', '/logs?limit=200'].map((what) => stage.server.ask(`/runs/${run}${what}`)));
  }
}
