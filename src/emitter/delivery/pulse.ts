// Looks at the connection now and then: a heartbeat when nothing else went out, and its end when acks are owed and nothing is heard.

import type { Connection } from './connection.js';

export interface PulseOptions {
  /** The open connection, if there is one. */
  readonly connection: () => Connection | null;
  /** `performance.now()` since when acks are owed; infinite when none is. */
  readonly owedSince: () => number;
  /** Milliseconds without a word while acks are owed. */
  readonly answerMs: number;
  readonly heartbeat: () => Uint8Array;
}

/** Milliseconds of silence of our own after which a heartbeat goes out. */
const HEARTBEAT = 15_000;
/** Milliseconds between two looks, at most. */
const LOOK = 5000;

export class Pulse {
  readonly #options: PulseOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), Math.min(LOOK, options.answerMs / 4)).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const connection = this.#options.connection();
    if (connection === null || !connection.isOpen) return;
    // A busy stretch lets the timer run before the answers that already wait in the socket: look there first.
    if (this.#isOverdue(connection)) setImmediate(() => this.#giveUp(connection));
    else if (performance.now() - connection.lastWrite >= HEARTBEAT) connection.write(this.#options.heartbeat());
  }

  #isOverdue(connection: Connection): boolean {
    return performance.now() - Math.max(connection.lastRead, this.#options.owedSince()) > this.#options.answerMs;
  }

  #giveUp(connection: Connection): void {
    if (!this.#isOverdue(connection)) return;
    connection.destroy(new Error(`no answer for ${this.#options.answerMs / 1000} s`));
  }
}
