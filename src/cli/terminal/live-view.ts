// Keeps a few lines at the bottom of a terminal up to date while other lines scroll by above them.
// Each redraw is one write of whole lines, at most ten times a second, so that nothing flickers.

import { harmless, textWidth, wrap } from './text.js';

/** What the view needs of a terminal; process.stdout is one. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** Lines of the moving part, none wider than `columns`, at most `rows` of them. */
export type Draw = (columns: number, rows: number) => string[];

const FRAME_MS = 100;
/** Lines printed above in one frame; more than that nobody could read, and the terminal would be the bottleneck. */
const MAX_LINES_A_FRAME = 200;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** Terminals that know these two show everything between them at once; others ignore them. */
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_LINE = '\u001b[K';

export class LiveView {
  readonly #screen: Screen;
  readonly #draw: Draw;
  readonly #timer: NodeJS.Timeout;
  readonly #onResize = (): void => this.#frame();
  readonly #onExit = (): void => this.#restore();
  #above: string[] = [];
  #skipped = 0;
  /** Widths in cells of the lines on screen: what a resize wraps is told from them. */
  #drawn: number[] = [];
  #last = '';
  #stopped = false;

  constructor(screen: Screen, draw: Draw) {
    this.#screen = screen;
    this.#draw = draw;
    screen.write(HIDE_CURSOR);
    screen.on('resize', this.#onResize);
    // Whatever ends the process, the cursor comes back.
    process.once('exit', this.#onExit);
    this.#frame();
    this.#timer = setInterval(() => this.#frame(), FRAME_MS);
  }

  /** Prints a line of uncoloured, harmless text above the moving part with the next frame. */
  log(line: string): void {
    if (this.#above.length >= MAX_LINES_A_FRAME) {
      this.#above.shift();
      this.#skipped += 1;
    }
    this.#above.push(line);
  }

  /** Draws the last state, leaves it on screen and gives the cursor back. Safe twice. */
  stop(): void {
    if (this.#stopped) return;
    this.#frame();
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#screen.off('resize', this.#onResize);
    process.off('exit', this.#onExit);
    this.#restore();
  }

  #restore(): void {
    this.#screen.write(SHOW_CURSOR);
  }

  #frame(): void {
    if (this.#stopped) return;
    const columns = Math.max(1, this.#screen.columns || 80);
    const rows = Math.max(2, this.#screen.rows || 24);
    // The last column stays empty: some terminals wrap as soon as it is written.
    const lines = this.#draw(Math.max(1, columns - 1), rows - 1);
    const frame = `${columns}\n${lines.join('\n')}`;
    if (frame === this.#last && this.#above.length === 0) return;
    this.#last = frame;
    const up = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    const back = up > 0 ? `\u001b[${up}A\r` : '';
    const body = [...this.#takeAbove(columns - 1), ...lines].map((line) => `${harmless(line)}${CLEAR_LINE}\n`).join('');
    this.#screen.write(`${BEGIN_FRAME}${back}${body}${CLEAR_BELOW}${END_FRAME}`);
    this.#drawn = lines.map(textWidth);
  }

  #takeAbove(width: number): string[] {
    const lines = this.#skipped > 0 ? [`… ${this.#skipped} lines not shown`, ...this.#above] : this.#above;
    this.#above = [];
    this.#skipped = 0;
    return lines.flatMap((line) => wrap(line, Math.max(1, width)));
  }
}
