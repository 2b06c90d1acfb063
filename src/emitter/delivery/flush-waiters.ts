// Those who wait until events are acknowledged, each with a limit of its own.

/** A longer timer fires at once (ms). */
const LONGEST_MS = 2 ** 31 - 1;

interface Waiter {
  readonly seq: number;
  readonly resolve: (acknowledged: boolean) => void;
  readonly timer: NodeJS.Timeout;
}

export class FlushWaiters {
  readonly #waiting = new Set<Waiter>();
  readonly #onChange: () => void;

  /** `onChange` hears when somebody begins or ceases to wait. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** True once `seq` is acknowledged; false after `timeoutMs`, or when it cannot be. */
  add(seq: number, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(waiter, false), Math.min(Math.max(0, timeoutMs), LONGEST_MS));
      const waiter: Waiter = { seq, resolve, timer };
      this.#waiting.add(waiter);
      this.#onChange();
    });
  }

  acknowledged(upTo: number): void {
    for (const waiter of this.#waiting) if (waiter.seq <= upTo) this.#settle(waiter, true);
  }

  settleAll(acknowledged: boolean): void {
    for (const waiter of this.#waiting) this.#settle(waiter, acknowledged);
  }

  #settle(waiter: Waiter, acknowledged: boolean): void {
    clearTimeout(waiter.timer);
    this.#waiting.delete(waiter);
    waiter.resolve(acknowledged);
    this.#onChange();
  }
}
