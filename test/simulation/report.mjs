// What a person is told of seeds that failed: alike ones together, with the command to see one again.

import { simulate } from './simulate.mjs';

/** Two violations with the same key are most likely the same fault. */
function keyOf({ invariant, detail }) {
  const bare = detail
    .replace(/run\d \S* \S+-\d+/g, 'LIFE')
    .replace(/\/sim\S+/g, 'FILE')
    .replace(/\d+(,\d+)*/g, 'N');
  return `${invariant} ${bare.slice(0, 70)}`;
}

export function describeFound(failures, say) {
  const groups = new Map();
  for (const failure of failures) {
    const key = keyOf(failure.violation);
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  for (const group of [...groups.values()].sort((a, b) => b.length - a.length)) {
    const [{ violation, kinds, seed }] = group;
    say(`${group.length} x ${violation.invariant}: ${violation.detail.slice(0, 600)}`);
    const seeds = group.slice(0, 6).map((each) => each.seed);
    say(`    seeds ${seeds.join(' ')}; kinds of the first: ${kinds.join(' ')}`);
    say(`    again: node test/simulation/run.mjs --seed ${seed} --verbose --minimise`);
  }
}

/** Leaves kinds of fault out, one after the other, as long as the same invariant breaks; those that are left. */
export async function minimise(seed, leftOut) {
  const without = new Set(leftOut);
  const { violations, kinds } = await simulate(seed, { without });
  for (const kind of kinds) {
    if (without.has(kind)) continue;
    without.add(kind);
    const fewer = await simulate(seed, { without });
    if (fewer.violations[0]?.invariant !== violations[0].invariant) without.delete(kind);
  }
  return kinds.filter((kind) => !without.has(kind));
}

/** How often each fault and each other thing was done, as the rows of a table. */
export function tableOf(done) {
  const rows = Object.entries(done).sort(([one], [other]) => (one < other ? -1 : 1));
  return ['| done | times |', '|---|---|', ...rows.map(([what, times]) => `| ${what} | ${times.toLocaleString('en')} |`)];
}
