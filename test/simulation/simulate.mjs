// One seed: a schedule, its healing, its draining and its judgement.

import { drain, judge, repeat } from './check.mjs';
import { load } from './code.mjs';
import { installNetwork } from './net.mjs';
import { Play } from './schedule.mjs';
import { memoryStore, Stage, stage } from './stage.mjs';
import { watchSpools } from './worker.mjs';
import { install, within } from './world.mjs';

/** Every so many seeds all of it comes once more. */
const REPEATED = 4;

let rejections = [];

/** Once per process, before anything of the library is loaded. Without `stacks` errors say only what they are: most are part of the play. */
export async function prepare(dist, { stacks = false } = {}) {
  Error.stackTraceLimit = stacks ? 20 : 0;
  process.env.XTRACK_SPOIL_BUFFERS = '1';
  install();
  installNetwork(() => stage().network);
  await load(dist);
  watchSpools(stage);
  process.on('unhandledRejection', (error) => rejections.push(error));
}

/** Runs one seed; what was violated, empty when all is well. */
export async function simulate(seed, { without = new Set(), focus, log } = {}) {
  rejections = [];
  const place = await within(seed, async (world) => {
    world.log = log;
    const actors = new Stage(world, await memoryStore());
    try {
      const play = new Play(actors, without, focus);
      world.kinds = play.kinds;
      world.done = play.done;
      await play.perform();
      play.heal();
      await drain(actors);
      await judge(actors);
      if (seed % REPEATED === 0 && world.violations.length === 0) await repeat(actors);
    } finally {
      actors.close();
    }
  });
  for (const error of rejections) place.violations.push({ invariant: 'rejection', detail: error?.stack ?? String(error), at: place.time });
  return { violations: place.violations, steps: place.steps, kinds: place.kinds, done: place.done };
}
