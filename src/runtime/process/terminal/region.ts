// Which rows of a terminal a script draws again and again, by moving the cursor up to them.

/** ms for which such rows are kept; where text was written below them; and how long the highest of them is looked for. */
const REGION_MS = { kept: 60_000, left: 3_000, looked: 10_000 } as const;

/** The rows that the cursor moved up to and draws again, however slowly; what stands above them is done as any row is. */
export class Region {
  /** The highest row of this while and of the one before: where lines are printed above bars, they move down. */
  #tops: [now: number, before: number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  #bottom = -1;
  /** ms: when the while began, when the cursor moved up last, and when text was first written below since. */
  #since = Number.NEGATIVE_INFINITY;
  #enteredAt = Number.NEGATIVE_INFINITY;
  #leftAt = Number.POSITIVE_INFINITY;

  /** The cursor moved up to a row; `lowest`: the last of what is drawn. */
  entered(at: number, lowest: number, now: number): void {
    const [top, before] = this.#tops;
    const isNew = now - this.#enteredAt >= REGION_MS.kept;
    const turns = isNew || now - this.#since >= REGION_MS.looked;
    this.#tops = turns ? [at, isNew ? at : top] : [Math.min(top, at), before];
    if (turns) this.#since = now;
    [this.#enteredAt, this.#leftAt, this.#bottom] = [now, Number.POSITIVE_INFINITY, lowest];
  }

  written(at: number, now: number): void {
    if (at > this.#bottom && this.#leftAt === Number.POSITIVE_INFINITY) this.#leftAt = now;
  }

  /** Whether a row may be drawn again. */
  holds(at: number, now: number): boolean {
    const isOver = now - this.#enteredAt >= REGION_MS.kept || now - this.#leftAt >= REGION_MS.left;
    return !isOver && at >= Math.min(...this.#tops);
  }

  /** Rows were taken away at the top. */
  shift(count: number): void {
    this.#tops = [this.#tops[0] - count, this.#tops[1] - count];
    this.#bottom -= count;
  }
}
