// Several processes that share the seeds out among them.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MEMBER = fileURLToPath(new URL('./member.mjs', import.meta.url));
/** Seeds that a process is given at a time. */
const PIECE = 250;

/** The seeds that the command line asks for. */
export function chooseSeeds({ seeds, count }) {
  const [from, to] = seeds?.split('..').map(Number) ?? [1, Number(count ?? 1000)];
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

export class Crew {
  #options;

  /** `seconds`: no piece is begun after that; 0: all seeds are run. `plant`: the bug that is planted. */
  constructor(options) {
    this.#options = options;
  }

  /** Runs the seeds; `stopAtFirst` ends with the first that fails. */
  async run(seeds, { stopAtFirst = false } = {}) {
    const { workers, seconds } = this.#options;
    const total = { schedules: 0, steps: 0, failures: [] };
    const deadline = seconds > 0 ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY;
    let next = 0;
    const take = () => {
      if (next >= seeds.length || Date.now() > deadline || (stopAtFirst && total.failures.length > 0)) return undefined;
      next += PIECE;
      return seeds.slice(next - PIECE, next);
    };
    await Promise.all(Array.from({ length: Math.max(1, workers) }, () => this.#work(take, total, stopAtFirst)));
    total.failures.sort((a, b) => a.seed - b.seed);
    return total;
  }

  #work(take, total, stopAtFirst) {
    return new Promise((resolve, reject) => {
      const { dist, without, focus, plant } = this.#options;
      const child = fork(MEMBER, [], {
        execArgv: ['--no-warnings'],
        env: { ...process.env, XTRACK_SIMULATION: JSON.stringify({ dist, without, focus, plant, stopAtFirst }) },
      });
      const give = () => {
        const piece = take();
        if (piece === undefined) child.disconnect();
        else child.send(piece);
      };
      child.on('message', (report) => {
        if (report.schedules !== undefined) {
          total.schedules += report.schedules;
          total.steps += report.steps;
          total.failures.push(...report.failures);
        }
        give();
      });
      child.on('error', reject);
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process of the simulation ended with ${code}`))));
    });
  }
}
