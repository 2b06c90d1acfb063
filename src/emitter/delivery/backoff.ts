// How long to wait before the next attempt: longer each time, never in step with other emitters, and never more than a few seconds.

const FIRST = 100;
const MOST = 5000;
/** The attempt after which the wait is no longer than the longest. */
const SLOW = 6;

export class Backoff {
  #attempts = 0;

  /** True once an attempt has failed since things went well. */
  get failing(): boolean {
    return this.#attempts > 0;
  }

  /** Milliseconds until the next attempt. */
  next(): number {
    const wait = Math.min(MOST, FIRST * 2 ** Math.min(this.#attempts, SLOW)) * (0.5 + Math.random() / 2);
    this.#attempts += 1;
    return wait;
  }

  /** Things go well. */
  reset(): void {
    this.#attempts = 0;
  }

  /** The other side said no: asking again at once is no use. */
  slow(): void {
    this.#attempts = Math.max(this.#attempts, SLOW);
  }
}
