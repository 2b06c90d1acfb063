// Events that follow each other and are missing: how many of which type, and why; said as one `gap` event.

import type { EventBody } from './event-queue.js';

export class Losses {
  readonly #counts = new Map<string, number>();
  #total = 0;
  #reason = '';

  get isEmpty(): boolean {
    return this.#total === 0;
  }

  /** Why; more than one reason is separated by commas. */
  get reason(): string {
    return this.#reason;
  }

  /** The next number belongs to an event of this type. */
  add(type: string, reason: string): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    this.#total += 1;
    if (!this.#reason.split(', ').includes(reason)) this.#reason += this.#reason === '' ? reason : `, ${reason}`;
  }

  clear(): void {
    if (this.#total === 0) return;
    this.#counts.clear();
    this.#total = 0;
    this.#reason = '';
  }

  /** The `gap` for them; `last` is the number of the last one. */
  declaration(last: number): EventBody {
    return { type: 'gap', from: last - this.#total + 1, to: last, reason: this.#reason, counts: Object.fromEntries(this.#counts) };
  }
}
