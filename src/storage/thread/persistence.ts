// Commits that outlast a full disk or a server that is away: tried again until they go through, so that nobody has to send anything
// twice.

import type { Refusal } from '../store.js';
import type { CommitRows } from './rows.js';

/** One try. `isTransient`: whether what it threw can go away by itself. */
export interface Committer {
  commit(rows: CommitRows): Refusal[] | Promise<Refusal[]>;
  isTransient(error: unknown): boolean;
}

/** Pause before a commit is tried again (ms): doubles from the first to the second. */
const PAUSE_MS = { first: 50, longest: 2_000 } as const;

export class Persistence {
  readonly #writer: Committer;
  readonly #retryFor: number;
  #closing = false;
  #wake: (() => void) | undefined;

  /** `retryFor`: ms. */
  constructor(writer: Committer, retryFor: number) {
    this.#writer = writer;
    this.#retryFor = retryFor;
  }

  /** Makes the rows durable, but for those of the runs that it resolves to. Throws XT_STORE_WRITE with nothing stored. */
  async commit(rows: CommitRows): Promise<Refusal[]> {
    const deadline = performance.now() + this.#retryFor;
    for (let pause: number = PAUSE_MS.first; ; pause = Math.min(pause * 2, PAUSE_MS.longest)) {
      try {
        return await this.#writer.commit(rows);
      } catch (error) {
        if (!this.#writer.isTransient(error) || this.#closing || performance.now() >= deadline) throw error;
      }
      await this.#sleep(pause);
    }
  }

  /** Gives up on a commit that is being tried again. */
  close(): void {
    this.#closing = true;
    this.#wake?.();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
