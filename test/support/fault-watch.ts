// Errors that nobody caught: a promise that was dropped, a listener that threw, a timer of no sensible length, which fires at once. They
// belong to the test in which they came up.

import type { EventEmitter } from 'node:events';

/** Notes what a process says of errors that nobody caught, until it is closed. */
export class FaultWatch {
  private found: unknown[] = [];
  private readonly leave: () => void;

  constructor(source: EventEmitter) {
    const note = (fault: unknown): void => void this.found.push(fault);
    const noteTimer = (warning: Error): void => {
      if (/^Timeout.*Warning$/.test(warning.name)) note(warning);
    };
    const heard = { unhandledRejection: note, uncaughtException: note, warning: noteTimer };
    for (const [event, listener] of Object.entries(heard)) source.on(event, listener);
    this.leave = () => {
      for (const [event, listener] of Object.entries(heard)) source.off(event, listener);
    };
  }

  /** Throws what has come up since the last check. Rejections are known after a turn of the loop. */
  async check(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const { found } = this;
    this.found = [];
    if (found.length > 0) throw new AggregateError(found, `nobody caught: ${found.map(String).join('; ')}`);
  }

  /** As check, and hears nothing from then on. */
  async close(): Promise<void> {
    await this.check().finally(this.leave);
  }
}
