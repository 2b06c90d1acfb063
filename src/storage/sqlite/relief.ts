// What removing does on a full disk, which is when it is wanted most: the ballast goes first, the room of the write-ahead log is used again,
// and steps get small. Commits that wait let it go first, since they would take the room at once.

import type { Ballast } from '../ballast.js';
import { isDiskFull } from './driver.js';
import type { SqliteWriter } from './writes/writer.js';

/** By how much smaller a step gets, try by try. */
const PARTS = [1, 10, 100] as const;

export class Relief {
  readonly #ballast: Ballast;
  #works = 0;
  #full = false;

  constructor(ballast: Ballast) {
    this.#ballast = ballast;
  }

  /** True while something is being removed on a full disk. */
  get goesFirst(): boolean {
    return this.#works > 0 && this.#full;
  }

  /** Commits wait until `work` is done, if it finds the disk full. */
  async during<T>(work: () => T | Promise<T>): Promise<T> {
    this.#works += 1;
    try {
      return await work();
    } finally {
      this.#works -= 1;
      if (this.#works === 0) this.#full = false;
    }
  }

  /** One step; where there is no room for it, one that takes less. `step` is given by how much smaller it should be. */
  step<T>(writer: SqliteWriter, step: (part: number) => T): T {
    let failure: unknown;
    for (const part of PARTS) {
      try {
        return step(part);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        failure = error;
        this.#full = true;
        // The log grows into the ballast; only where there was none is its own room looked for.
        if (this.#ballast.give() === 0) writer.checkpoint();
      }
    }
    throw failure;
  }
}
