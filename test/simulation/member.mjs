// One process of a crew: is given pieces of the seeds, and says what failed.

import { addUp } from './crew.mjs';
import { plantBug } from './plants.mjs';
import { prepare, simulate } from './simulate.mjs';

const { dist, without, focus, plant, stopAtFirst } = JSON.parse(process.env.XTRACK_SIMULATION);

await prepare(dist);
if (plant !== undefined) plantBug(plant);

async function work(seeds) {
  const report = { schedules: 0, steps: 0, failures: [], done: {} };
  for (const seed of seeds) {
    const { violations, steps, kinds, done } = await simulate(seed, { without: new Set(without), focus });
    report.schedules += 1;
    report.steps += steps;
    addUp(report.done, done);
    if (violations.length > 0) report.failures.push({ seed, kinds, violation: violations[0] });
    if (stopAtFirst && violations.length > 0) break;
  }
  return report;
}

process.on('message', (piece) => void work(piece).then((report) => process.send(report)));
process.on('disconnect', () => process.exit(0));
process.send({});
