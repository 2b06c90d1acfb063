// Commits that outlast a full or failing disk: tried again until there is room, so that nobody has to send anything twice.

import { sqliteCode } from './driver.js';
import type { CommitRows } from './rows.js';
import type { SqliteWriter } from './writer.js';

/** Errors that can go away by themselves. */
const TRANSIENT = /^SQLITE_(FULL|IOERR|BUSY|CANTOPEN|LOCKED|READONLY|PROTOCOL|NOMEM)/;
/** Pause before a commit is tried again (ms): doubles from the first to the second. */
const PAUSE_MS = { first: 50, longest: 2_000 } as const;

export class Persistence {
  readonly #writer: SqliteWriter;
  readonly #retryFor: number;
  #closing = false;
  #wake: (() => void) | undefined;

  /** `retryFor`: ms. */
  constructor(writer: SqliteWriter, retryFor: number) {
    this.#writer = writer;
    this.#retryFor = retryFor;
  }

  /** Makes the rows durable. Throws XT_STORE_WRITE with nothing stored. */
  async commit(rows: CommitRows): Promise<void> {
    const deadline = performance.now() + this.#retryFor;
    for (let pause: number = PAUSE_MS.first; ; pause = Math.min(pause * 2, PAUSE_MS.longest)) {
      try {
        this.#writer.commit(rows);
        return;
      } catch (error) {
        const transient = TRANSIENT.test(sqliteCode(error instanceof Error ? error.cause : undefined));
        if (!transient || this.#closing || performance.now() >= deadline) throw error;
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
