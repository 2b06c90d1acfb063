// Several processes that share the seeds out among them.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MEMBER = fileURLToPath(new URL('./member.mjs', import.meta.url));
/** Seeds that a process is given at a time. */
const PIECE = 250;
/** A schedule leaves little behind: it is seldom worth a look, and no threads of their own. */
const LEAN = ['--max-semi-space-size=16', '--single-threaded-gc'];

/** What is said of how far it is, at most so often (ms). */
const TELL_EVERY = 60_000;

/** The seeds that the command line asks for; without a beginning they are from one on that nobody chose. */
export function chooseSeeds({ seeds, from, count }) {
  const first = Number(from ?? 1 + Math.floor(Math.random() * 1e9));
  const [begin, end] = seeds?.split('..').map(Number) ?? [first, first + Number(count ?? 1000) - 1];
  return Array.from({ length: end - begin + 1 }, (_, at) => begin + at);
}

/** Adds how often each thing was done. */
export function addUp(into, done) {
  for (const [what, times] of Object.entries(done)) into[what] = (into[what] ?? 0) + times;
}

export class Crew {
  #options;
  #toldAt = Date.now();

  /** `seconds`: no piece is begun after that; 0: all seeds are run. `plant`: the bug that is planted. `say` is told of each seed that fails, and now and then of how far it is. */
  constructor(options) {
    this.#options = { say: () => undefined, ...options };
  }

  /** Runs the seeds; `stopAtFirst` ends with the first that fails. */
  async run(seeds, { stopAtFirst = false } = {}) {
    const { workers, seconds } = this.#options;
    const total = { schedules: 0, steps: 0, failures: [], done: {}, next: 0 };
    const deadline = seconds > 0 ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY;
    const take = () => {
      if (total.next >= seeds.length || Date.now() > deadline || (stopAtFirst && total.failures.length > 0)) return undefined;
      total.next += PIECE;
      return seeds.slice(total.next - PIECE, total.next);
    };
    await Promise.all(Array.from({ length: Math.max(1, workers) }, () => this.#work(take, total, stopAtFirst)));
    total.failures.sort((a, b) => a.seed - b.seed);
    return total;
  }

  #add(total, { schedules, steps, failures, done }) {
    const { say } = this.#options;
    total.schedules += schedules;
    total.steps += steps;
    total.failures.push(...failures);
    addUp(total.done, done);
    for (const { seed, violation } of failures) say(`seed ${seed} ${violation.invariant}: ${violation.detail.slice(0, 200)}`);
    if (Date.now() - this.#toldAt < TELL_EVERY) return;
    this.#toldAt = Date.now();
    say(`${total.schedules} schedules so far, ${total.failures.length} failed`);
  }

  #work(take, total, stopAtFirst) {
    return new Promise((resolve, reject) => {
      const { dist, without, focus, plant } = this.#options;
      const child = fork(MEMBER, [], {
        execArgv: ['--no-warnings', ...LEAN],
        env: { ...process.env, XTRACK_SIMULATION: JSON.stringify({ dist, without, focus, plant, stopAtFirst }) },
      });
      const give = () => {
        const piece = take();
        if (piece === undefined) child.disconnect();
        else child.send(piece);
      };
      child.on('message', (report) => {
        if (report.schedules !== undefined) this.#add(total, report);
        give();
      });
      child.on('error', reject);
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process of the simulation ended with ${code}`))));
    });
  }
}
