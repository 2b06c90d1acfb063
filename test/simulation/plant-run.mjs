// Plants each bug in turn and looks for the first seed that catches it.

import { Crew, chooseSeeds } from './crew.mjs';
import { PLANTS } from './plants.mjs';
import { PENDING } from './schedule.mjs';

/** True when every planted bug was caught; `like`: only those whose names have it in them. */
export async function runPlants({ workers, dist, from, count, say, like = '' }) {
  const names = Object.keys(PLANTS).filter((name) => name.includes(like));
  let missed = 0;
  for (const plant of names) {
    const focus = PLANTS[plant][0].split(' ').filter((kind) => kind !== '');
    const crew = new Crew({ workers, dist, without: PENDING, focus: focus.length > 0 ? focus : undefined, seconds: 0, plant });
    const { failures, schedules } = await crew.run(chooseSeeds({ from, count }), { stopAtFirst: true });
    const [first] = failures;
    if (first === undefined) missed += 1;
    say(first === undefined ? `NOT CAUGHT in ${schedules}: ${plant}` : `seed ${first.seed} ${first.violation.invariant}: ${plant}`);
  }
  say(`${names.length - missed} of ${names.length} planted bugs caught`);
  return missed === 0;
}
