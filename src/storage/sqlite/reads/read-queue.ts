// One read at a time on the reading connection, each in one transaction, each giving way to commits between its slices.

import type { Connection } from '../driver.js';

/** Longest time that a read keeps the storage thread to itself (ms): what a commit waits for at most. */
const SLICE_MS = 8;

/** Gives way where the slice is used up. */
export type Breath = () => Promise<void>;

export class ReadQueue {
  #connection: Connection;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Runs `read` after the ones before it; everything it reads is of one moment. */
  run<T>(read: (breath: Breath) => T | Promise<T>): Promise<T> {
    const result = this.#tail.then(() => this.#inTransaction(read));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** After the reads that are queued, those to come get another connection. */
  swap(open: () => Promise<Connection>): Promise<void> {
    const swapped = this.#tail.then(async () => {
      this.#connection = await open();
    });
    this.#tail = swapped.catch(() => undefined);
    return swapped;
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    await this.#tail;
  }

  async #inTransaction<T>(read: (breath: Breath) => T | Promise<T>): Promise<T> {
    this.#connection.exec('BEGIN');
    try {
      return await read(breathing());
    } finally {
      this.#connection.exec('COMMIT');
    }
  }
}

/** Its first slice begins now. */
export function breathing(): Breath {
  let started = performance.now();
  return async () => {
    if (performance.now() - started < SLICE_MS) return;
    await new Promise<void>((resume) => setImmediate(resume));
    started = performance.now();
  };
}
