import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LiveView } from './live-view.js';

/** As much of a terminal as the view uses: cells, a cursor, cursor-up, erase. It never wraps: the view must not need it. */
class Terminal extends EventEmitter {
  columns: number;
  rows: number;
  readonly lines: string[] = [''];
  cursorHidden = false;
  writes = 0;
  #line = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.writes += 1;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what a terminal reads
    for (const [token] of text.matchAll(/\u001b\[\??[0-9;]*[A-Za-z]|\r|\n|[^\u001b\r\n]+/g)) this.#take(token);
    return true;
  }

  #take(token: string): void {
    if (token === '\u001b[?25l') this.cursorHidden = true;
    else if (token === '\u001b[?25h') this.cursorHidden = false;
    else if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#newLine();
    else if (token === '\u001b[K') this.#set((this.lines[this.#line] ?? '').slice(0, this.#column));
    else if (token === '\u001b[J') this.#clearBelow();
    else if (token.endsWith('A')) this.#line -= Number(token.slice(2, -1));
    else if (!token.startsWith('\u001b')) this.#put(token);
  }

  #newLine(): void {
    this.#line += 1;
    this.#column = 0;
    if (this.lines.length === this.#line) this.lines.push('');
  }

  #put(text: string): void {
    const line = this.lines[this.#line] ?? '';
    this.#set(line.slice(0, this.#column).padEnd(this.#column) + text + line.slice(this.#column + text.length));
    this.#column += text.length;
  }

  #clearBelow(): void {
    this.#set((this.lines[this.#line] ?? '').slice(0, this.#column));
    this.lines.splice(this.#line + 1);
  }

  #set(line: string): void {
    this.lines[this.#line] = line;
  }
}

describe('the live view', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('redraws its lines in place, and other lines scroll by above', () => {
    vi.useFakeTimers();
    const terminal = new Terminal(20, 10);
    let state = ['status one', 'bar'];
    const view = new LiveView(terminal, () => state);
    view.log('hello');
    vi.advanceTimersByTime(100);
    state = ['two'];
    view.log('world');
    view.stop();
    expect(terminal.lines).toEqual(['hello', 'world', 'two', '']);
  });

  it('breaks long lines itself, so that it always knows where it is', () => {
    vi.useFakeTimers();
    const terminal = new Terminal(10, 10);
    const view = new LiveView(terminal, () => ['state']);
    view.log('0123456789abcdefghij');
    vi.advanceTimersByTime(100);
    view.stop();
    expect(terminal.lines).toEqual(['012345678', '9abcdefgh', 'ij', 'state', '']);
  });

  it('writes at most once a frame, and nothing while nothing changes', () => {
    vi.useFakeTimers();
    const terminal = new Terminal(20, 10);
    let drawn = 0;
    const view = new LiveView(terminal, () => [String(drawn)]);
    const before = terminal.writes;
    for (let line = 0; line < 50; line += 1) view.log(`line ${line}`);
    vi.advanceTimersByTime(100);
    expect(terminal.writes - before).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(terminal.writes - before).toBe(1);
    drawn += 1;
    vi.advanceTimersByTime(1_000);
    expect(terminal.writes - before).toBe(2);
    view.stop();
  });

  it('says how many lines it left out when more come than anybody could read', () => {
    vi.useFakeTimers();
    const terminal = new Terminal(30, 10);
    const view = new LiveView(terminal, () => []);
    for (let line = 1; line <= 1_000; line += 1) view.log(`line ${line}`);
    view.stop();
    expect(terminal.lines[0]).toBe('… 800 lines not shown');
    expect(terminal.lines.at(-2)).toBe('line 1000');
  });

  it('hides the cursor, and gives it back when it stops', () => {
    const terminal = new Terminal(20, 10);
    const view = new LiveView(terminal, () => []);
    expect(terminal.cursorHidden).toBe(true);
    view.stop();
    view.stop();
    expect(terminal.cursorHidden).toBe(false);
    expect(terminal.listenerCount('resize')).toBe(0);
  });

  it('clears what a narrower terminal has wrapped', () => {
    const terminal = new Terminal(20, 10);
    let state = '0123456789';
    const view = new LiveView(terminal, () => [state]);
    // The terminal wraps the line that was drawn at 20 columns into two of 6.
    terminal.lines.splice(0, 1, '012345', '6789');
    terminal.columns = 6;
    terminal.write('\u001b[0A\n');
    state = 'short';
    terminal.emit('resize');
    expect(terminal.lines[0]).toBe('short');
    expect(terminal.lines.slice(1).join('')).toBe('');
    view.stop();
  });
});
