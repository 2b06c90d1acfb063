// What a terminal would show of a script's output: progress bars draw over their row, several of them move up and draw again. A row
// becomes a line of the log once nothing draws on it any more.

import { Colours } from './colours.js';
import { Region } from './region.js';
import { Row } from './row.js';

export interface ScreenLine {
  readonly text: string;
  /** Byte offset of the output behind which nothing of this line comes. */
  readonly offset: number;
}

/** ms for which a row is kept that may be drawn again: one that only text was written to, and one that was drawn over. */
const KEPT_MS = { plain: 200, redrawn: 1_500 } as const;
/** Rows that wait at most: what is above them is done. */
const MOST_ROWS = 200;
/** A row is cut here (UTF-16 units); the rest follows as further rows. */
const MOST_COLUMNS = 64 * 1_024;
/** Columns and rows that a cursor moves at most at once. */
const FARTHEST = 1_000;

// Text without anything that moves the cursor, or one thing that does: a control sequence, another escape, a control character.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys
const TOKEN = /[^\u0000-\u001f\u007f]+|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-~]|[\s\S]/g;
/** The beginning of a sequence whose end is still to come. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys
const UNFINISHED = /\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b]{0,4096}\u001b?|[ -/]*)?$/;

/** A control sequence with its numbers; private ones (`?25l`) are obeyed by nothing here. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys
const CONTROL = /^\u001b\[([0-9;]*)([@-~])$/;

interface Held {
  readonly row: Row;
  /** Byte offset at which it begins. */
  readonly from: number;
  /** ms: when the cursor left it. */
  leftAt: number;
}

export class Screen {
  /** From the oldest that is not done to the lowest. */
  #rows: Held[];
  #at = 0;
  #column = 0;
  #style = '';
  #saved: readonly [at: number, column: number] = [0, 0];
  #rest = '';
  readonly #region = new Region();
  readonly #colours = new Colours();
  #offset: number;
  #now = 0;

  /** `offset`: of the output's first byte that is written. */
  constructor(offset: number) {
    this.#offset = offset;
    this.#rows = [{ row: new Row(), from: offset, leftAt: 0 }];
  }

  /** `offset`: just behind this text. `now`: ms, of a clock that never goes back. At most one line feed, at its end. */
  write(text: string, offset: number, now: number): void {
    this.#offset = offset;
    this.#now = now;
    const whole = this.#rest + text;
    const unfinished = UNFINISHED.exec(whole)?.[0] ?? '';
    this.#rest = unfinished;
    for (const [token] of whole.slice(0, whole.length - unfinished.length).matchAll(TOKEN)) this.#take(token);
  }

  /** The rows that are done at `now`, as lines; all of them where it is the `end`. */
  done(now: number, end = false): ScreenLine[] {
    let count = end ? this.#rows.length : Math.max(0, this.#rows.length - MOST_ROWS);
    while (count < this.#at && this.#isDone(count, now)) count += 1;
    const isEmpty = end && this.#rows.length === count && this.#rows.at(-1)?.row.length === 0;
    const lines: ScreenLine[] = [];
    for (let at = 0; at < count - (isEmpty ? 1 : 0); at++) {
      lines.push({ text: String(this.#rows[at]?.row), offset: this.#rows[at + 1]?.from ?? this.#offset });
    }
    this.#rows.splice(0, count);
    this.#at = Math.max(0, this.#at - count);
    this.#saved = [Math.max(0, this.#saved[0] - count), this.#saved[1]];
    this.#region.shift(count);
    if (this.#rows.length === 0) this.#rows = [{ row: new Row(), from: this.#offset, leftAt: now }];
    return lines;
  }

  /** What stands there and is no line yet, from the top: the bars as they are now. */
  get pending(): string[] {
    return this.#rows.map(({ row }) => String(row)).filter((text) => text !== '');
  }

  #isDone(at: number, now: number): boolean {
    if (this.#region.holds(at, now)) return false;
    const { row, leftAt } = this.#rows[at] as Held;
    return now - leftAt >= (row.isRedrawn ? KEPT_MS.redrawn : KEPT_MS.plain);
  }

  #take(token: string): void {
    const code = token.charCodeAt(0);
    if (code === 0x1b) this.#obey(token);
    else if (code >= 0x20 && code !== 0x7f) this.#print(token);
    else if (code === 0x0a || code === 0x0b || code === 0x0c) this.#lineFeed();
    else if (code === 0x0d) this.#column = 0;
    else if (code === 0x08) this.#column = Math.max(0, this.#column - 1);
    else if (code === 0x09) this.#tab();
  }

  #tab(): void {
    const to = (Math.floor(this.#column / 8) + 1) * 8;
    const { row } = this.#row;
    // A tab moves over what is there; behind it, it is written, so that tables can be copied.
    if (this.#column === row.length) row.write(this.#column, '\t', this.#style);
    this.#column = this.#column === row.length - 1 ? row.length : to;
  }

  get #row(): Held {
    return this.#rows[this.#at] as Held;
  }

  #print(text: string): void {
    this.#region.written(this.#at, this.#now);
    let rest = text;
    while (this.#column + rest.length > MOST_COLUMNS) {
      const fits = Math.max(0, MOST_COLUMNS - this.#column);
      this.#row.row.write(this.#column, rest.slice(0, fits), this.#style);
      rest = rest.slice(fits);
      this.#lineFeed();
    }
    this.#row.row.write(this.#column, rest, this.#style);
    this.#column += rest.length;
  }

  #lineFeed(): void {
    this.#row.leftAt = this.#now;
    this.#at += 1;
    this.#column = 0;
    if (this.#at === this.#rows.length) this.#rows.push({ row: new Row(), from: this.#offset, leftAt: this.#now });
  }

  #obey(sequence: string): void {
    if (sequence.endsWith('m')) this.#style = this.#colours.after(this.#style, sequence);
    else this.#move(sequence);
  }

  #move(sequence: string): void {
    const [, parameters = '', final = ''] = CONTROL.exec(sequence) ?? [];
    const [first = 0] = parameters.split(';').map(Number);
    const count = Math.min(FARTHEST, Math.max(1, first));
    switch (final) {
      case 'A':
      case 'F':
        this.#up(count);
        if (final === 'F') this.#column = 0;
        break;
      case 'B':
      case 'E':
        for (let left = count; left > 0; left--) this.#down(final === 'E');
        break;
      case 'C':
        this.#column = Math.min(MOST_COLUMNS, this.#column + count);
        break;
      case 'D':
        this.#column = Math.max(0, this.#column - count);
        break;
      case 'G':
        this.#column = count - 1;
        break;
      default:
        this.#change(final === '' ? sequence.slice(1) : final, first, count);
    }
  }

  #change(what: string, mode: number, count: number): void {
    switch (what) {
      case 'K':
        this.#eraseRow(mode);
        break;
      case 'J':
        this.#eraseScreen(mode);
        break;
      case 'P':
        this.#row.row.remove(this.#column, count);
        break;
      case 'X':
        this.#row.row.erase(this.#column, Math.min(this.#row.row.length, this.#column + count));
        break;
      case 'H':
        // The top of what is no line yet; where a whole screen is drawn, that is what was drawn last.
        this.#up(this.#at);
        this.#column = 0;
        break;
      case 's':
      case '7':
        this.#saved = [this.#at, this.#column];
        break;
      case 'u':
      case '8':
        this.#up(Math.max(0, this.#at - this.#saved[0]));
        this.#column = this.#saved[1];
        break;
      default:
    }
  }

  #up(count: number): void {
    this.#at = Math.max(0, this.#at - count);
    const lowest = this.#rows.findLastIndex(({ row }) => row.length > 0);
    this.#region.entered(this.#at, Math.max(lowest, this.#at + count - 1), this.#now);
  }

  #down(toStart: boolean): void {
    const column = toStart ? 0 : this.#column;
    if (this.#at < this.#rows.length - 1) this.#at += 1;
    this.#column = column;
  }

  #eraseRow(mode: number): void {
    const { row } = this.#row;
    if (mode === 0) row.erase(this.#column);
    else if (mode === 1) row.erase(0, Math.min(row.length, this.#column + 1));
    else row.erase(0);
  }

  #eraseScreen(mode: number): void {
    if (mode === 0) {
      this.#row.row.erase(this.#column);
      for (const { row } of this.#rows.slice(this.#at + 1)) row.erase(0);
      this.#rows.length = this.#at + 1;
    } else if (mode !== 1) for (const { row } of this.#rows) row.erase(0);
  }
}
