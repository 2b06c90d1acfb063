// A page that has the terminal to itself, and gives it back as it was: whatever happens, the old screen, cursor and echo return.

import { keysIn } from './keys.js';
import type { Draw, Screen } from './live-view.js';
import { harmless } from './text.js';

/** What a page needs to hear keys; process.stdin is one. */
export interface Keyboard {
  setRawMode(raw: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (typed: string) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  off(event: 'data', listener: (typed: string) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  pause(): unknown;
}

const OPEN = '\u001b[?1049h\u001b[?25l\u001b[2J';
const CLOSE = '\u001b[?25h\u001b[?1049l';
/** Terminals that know these two show everything between them at once; others ignore them. */
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export interface FullScreenOptions {
  readonly draw: Draw;
  readonly onKey: (key: string) => void;
  /** The terminal is gone. */
  readonly onEnd: () => void;
}

export class FullScreen {
  readonly #keyboard: Keyboard;
  readonly #screen: Screen;
  readonly #options: FullScreenOptions;
  readonly #onResize = (): void => {
    this.#last = '';
    this.draw();
  };
  readonly #onTyped = (typed: string): void => {
    for (const key of keysIn(typed)) if (!this.#closed) this.#options.onKey(key);
  };
  readonly #onExit = (): void => this.close();
  #last = '';
  #closed = false;

  constructor(keyboard: Keyboard, screen: Screen, options: FullScreenOptions) {
    this.#keyboard = keyboard;
    this.#screen = screen;
    this.#options = options;
    process.once('exit', this.#onExit);
    keyboard.setRawMode(true);
    keyboard.setEncoding('utf8');
    keyboard.on('data', this.#onTyped);
    keyboard.on('end', options.onEnd);
    screen.on('resize', this.#onResize);
    screen.write(OPEN);
    this.draw();
  }

  /** Shows the page as it is now: one write, and none where nothing changed. */
  draw(): void {
    if (this.#closed) return;
    const columns = Math.max(1, this.#screen.columns || 80);
    const rows = Math.max(1, this.#screen.rows || 24);
    // The last column stays empty: some terminals wrap as soon as it is written.
    const lines = this.#options.draw(Math.max(1, columns - 1), rows).slice(0, rows);
    const frame = lines.map((line, at) => `\u001b[${at + 1};1H${harmless(line)}${CLEAR_LINE}`).join('');
    if (frame === this.#last) return;
    this.#last = frame;
    const below = lines.length < rows ? `\u001b[${lines.length + 1};1H${CLEAR_BELOW}` : '';
    this.#screen.write(`${BEGIN_FRAME}${frame}${below}${END_FRAME}`);
  }

  /** Gives the terminal back. Safe twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.#onExit);
    this.#screen.off('resize', this.#onResize);
    this.#keyboard.off('data', this.#onTyped);
    this.#keyboard.off('end', this.#options.onEnd);
    this.#screen.write(CLOSE);
    this.#keyboard.setRawMode(false);
    this.#keyboard.pause();
  }
}
