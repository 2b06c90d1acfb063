// Errors that nobody caught: a promise that was dropped, a listener that threw, a timer of no sensible length, which fires at once. They
// belong to the test in which they came up.

import type { EventEmitter } from 'node:events';

/** Notes what a process says of errors that nobody caught. */
export class FaultWatch {
  private found: unknown[] = [];

  constructor(source: EventEmitter) {
    source.on('unhandledRejection', (reason: unknown) => this.found.push(reason));
    source.on('uncaughtException', (error: unknown) => this.found.push(error));
    source.on('warning', (warning: Error) => {
      if (/^Timeout.*Warning$/.test(warning.name)) this.found.push(warning);
    });
  }

  /** Throws what has come up since the last check. Rejections are known after a turn of the loop. */
  async check(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const { found } = this;
    this.found = [];
    if (found.length > 0) throw new AggregateError(found, `nobody caught: ${found.map(String).join('; ')}`);
  }
}
