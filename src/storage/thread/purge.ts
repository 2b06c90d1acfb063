// Removes what deleted runs leave behind, in slices, with commits in between.

type PurgeStep = () => boolean | Promise<boolean>;

/** Removes the rows of deleted runs, slice by slice, with commits in between. */
export class Purge {
  readonly #step: PurgeStep;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** `step` removes one slice, and says true when nothing is left. */
  constructor(step: PurgeStep) {
    this.#step = step;
  }

  /** Resolves when nothing is left to remove. What a failure leaves goes with the next start. */
  async start(): Promise<void> {
    await this.#running;
    this.#running = this.#run();
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped && !(await this.#step())) await new Promise<void>((resume) => setImmediate(resume));
    } catch {
      // The run is hidden already; its rows stay until the disk allows.
    }
  }
}
