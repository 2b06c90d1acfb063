// Bugs planted on purpose, each by name: a simulation that catches nothing proves nothing. They replace methods of the built classes;
// nothing of them is in the sources.

import { code } from './code.mjs';

/** Replaces a method; the first argument of `made` is what was there. */
function patch(owner, name, made) {
  const before = owner[name];
  if (typeof before !== 'function') throw new Error(`there is no ${name} to plant a bug in`);
  owner[name] = made(before);
}

export const PLANTS = {
  'a lane acknowledges before its commit': () =>
    patch(
      code.Collector.prototype,
      'accept',
      (accept) =>
        function planted(lane, ...rest) {
          const verdict = accept.call(this, lane, ...rest);
          lane.owner?.acknowledge(lane, lane.sequence.contiguous, undefined);
          return verdict;
        },
    ),
};

/** Plants the bug of that name in this process. */
export function plantBug(name) {
  PLANTS[name]();
}
