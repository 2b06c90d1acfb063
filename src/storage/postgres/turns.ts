// One at a time: a commit changes the open tails while it waits for the server, so nobody may look at them meanwhile.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after everything that took its turn before. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
