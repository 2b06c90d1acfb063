// The log of a run as a list of any length of which only what is looked at is held: pages come when a line of them is wanted, and the
// newest lines are appended as the run goes on. It knows nothing of the page or the server, only of a function that reads a piece.

export interface LogPiece<Line> {
  readonly lines: readonly Line[];
  /** Place of the first line among those that meet the filters. */
  readonly offset: number;
}

export interface LogRead {
  readonly offset?: number;
  readonly limit: number;
  /** From the newest end. */
  readonly newest?: boolean;
}

export interface LogState {
  /** Lines that there are, as far as is known; null: nothing was read yet. */
  readonly count: number | null;
  readonly error: unknown;
  /** Grows with every change, so that a page can tell. */
  readonly version: number;
}

const PAGE = 500;
/** 50,000 lines. */
const MOST_PAGES = 100;
/** Pages of growth that are read one after the other; further behind, the newest end is read anew. */
const MOST_GROWTH = 4;

export class LogSource<Line extends { readonly ts: number }> {
  readonly #read: (read: LogRead) => Promise<LogPiece<Line>>;
  /** Whole pages, or the last one as far as it goes; the one looked at last comes last. */
  readonly #pages = new Map<number, readonly Line[]>();
  readonly #coming = new Map<number, Promise<void>>();
  readonly #listeners = new Set<() => void>();
  #state: LogState = { count: null, error: null, version: 0 };
  #growing: Promise<void> | null = null;
  #growAgain = false;

  constructor(read: (read: LogRead) => Promise<LogPiece<Line>>) {
    this.#read = read;
  }

  readonly state = (): LogState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The line, where it is at hand. */
  line(at: number): Line | undefined {
    return this.#pages.get(Math.floor(at / PAGE))?.[at % PAGE];
  }

  /** Reads what is missing of these lines, both ends included. */
  async want(from: number, to: number): Promise<void> {
    const { count } = this.#state;
    if (count === null || count === 0) return;
    const last = Math.floor(Math.min(to, count - 1) / PAGE);
    const wanted: Promise<void>[] = [];
    for (let page = Math.floor(Math.max(0, from) / PAGE); page <= last; page++) wanted.push(this.#wantPage(page, count));
    await Promise.all(wanted);
  }

  /** Reads the newest end: at first, and whenever the run may have logged more. Calls while it reads come to one more read. */
  async grow(): Promise<void> {
    if (this.#growing !== null) {
      this.#growAgain = true;
      return await this.#growing;
    }
    this.#growing = this.#growUntilQuiet();
    try {
      await this.#growing;
    } finally {
      this.#growing = null;
    }
  }

  /** Place of the first line of `ts` (µs since the epoch) or later; the number of lines where there is none. Takes the lines as ordered. */
  async placeOf(ts: number): Promise<number> {
    let [from, to] = [0, this.#state.count ?? 0];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      await this.want(middle, middle);
      const line = this.line(middle);
      if (line === undefined) return from;
      if (line.ts < ts) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  async #growUntilQuiet(): Promise<void> {
    do {
      this.#growAgain = false;
      try {
        await this.#growOnce();
      } catch (error) {
        this.#change({ error });
        return;
      }
    } while (this.#growAgain);
  }

  async #growOnce(): Promise<void> {
    for (let round = 0; round < MOST_GROWTH && this.#state.count !== null; round++) {
      const { lines, offset } = await this.#read({ offset: this.#state.count, limit: PAGE });
      this.#put(lines, offset);
      if (lines.length < PAGE) return;
    }
    // Two pages, so that a whole one is at hand.
    const { lines, offset } = await this.#read({ newest: true, limit: 2 * PAGE });
    this.#put(lines, offset);
  }

  async #wantPage(page: number, count: number): Promise<void> {
    const held = this.#pages.get(page);
    if (held !== undefined && held.length >= Math.min(PAGE, count - page * PAGE)) {
      this.#pages.delete(page);
      this.#pages.set(page, held);
      return;
    }
    const coming = this.#coming.get(page) ?? this.#readPage(page).finally(() => this.#coming.delete(page));
    this.#coming.set(page, coming);
    await coming;
  }

  async #readPage(page: number): Promise<void> {
    try {
      const { lines, offset } = await this.#read({ offset: page * PAGE, limit: PAGE });
      this.#put(lines, offset);
    } catch (error) {
      this.#change({ error });
    }
  }

  /** Lines into their pages. A page of which the beginning is not at hand is left to be read when it is wanted. */
  #put(lines: readonly Line[], offset: number): void {
    for (let at = 0; at < lines.length; ) {
      const place = offset + at;
      const page = Math.floor(place / PAGE);
      const within = place % PAGE;
      const piece = lines.slice(at, at + PAGE - within);
      const held = this.#pages.get(page) ?? [];
      if (held.length >= within) this.#keep(page, [...held.slice(0, within), ...piece, ...held.slice(within + piece.length)]);
      at += piece.length;
    }
    const count = Math.max(this.#state.count ?? 0, lines.length === 0 ? 0 : offset + lines.length);
    this.#change({ count, error: null });
  }

  #keep(page: number, lines: readonly Line[]): void {
    this.#pages.delete(page);
    this.#pages.set(page, lines);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= MOST_PAGES) return;
      this.#pages.delete(oldest);
    }
  }

  #change(change: Partial<LogState>): void {
    this.#state = { ...this.#state, ...change, version: this.#state.version + 1 };
    for (const listener of this.#listeners) listener();
  }
}
