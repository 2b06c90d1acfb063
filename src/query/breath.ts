// Long computing gives way every few milliseconds, so that sockets are read and acknowledgements leave meanwhile.

/** Longest time that computing keeps the thread to itself (ms). */
const SLICE_MS = 10;

/** Ask `due` often, it costs little; where it is true, `take` lets everything else go first. */
export class Breath {
  #since = performance.now();

  /** True where the slice is used up. */
  get due(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  async take(): Promise<void> {
    // Also in a browser, which has no setImmediate; there it is 4 ms at most.
    await new Promise<void>((resume) => (typeof setImmediate === 'function' ? setImmediate(resume) : setTimeout(resume, 0)));
    this.#since = performance.now();
  }
}
