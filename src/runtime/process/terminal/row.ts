// One row of a terminal: its text, and the colours of it where there are any. Columns are UTF-16 units: what overwrites a bar is as wide.

const RESET = '\u001b[0m';

export class Row {
  #text = '';
  /** The codes of each column (`1;32`), '' for none; null: no column has any. */
  #styles: string[] | null = null;
  /** True once it was drawn over, or holds what only terminals understand: it may be drawn again. */
  isRedrawn = false;

  get length(): number {
    return this.#text.length;
  }

  /** Writes over what is there, from `column` on. */
  write(column: number, text: string, style: string): void {
    const before = this.#text.length;
    if (this.#styles === null && style !== '') this.#styles = new Array<string>(before).fill('');
    if (column > before) this.write(before, ' '.repeat(column - before), '');
    if (column < before) this.isRedrawn = true;
    const end = column + text.length;
    if (column === before) this.#text += text;
    else this.#text = this.#text.slice(0, column) + text + this.#text.slice(end);
    if (this.#styles === null) return;
    for (let at = column; at < end; at++) this.#styles[at] = style;
  }

  /** Makes columns empty, up to the end unless `to` is given. */
  erase(from: number, to = this.#text.length): void {
    this.isRedrawn = true;
    if (to >= this.#text.length) {
      this.#text = this.#text.slice(0, from);
      if (this.#styles !== null) this.#styles.length = this.#text.length;
    } else if (from < to) this.write(from, ' '.repeat(to - from), '');
  }

  /** Takes columns away; what follows moves up. */
  remove(column: number, count: number): void {
    this.isRedrawn = true;
    this.#text = this.#text.slice(0, column) + this.#text.slice(column + count);
    this.#styles?.splice(column, count);
  }

  /** The text, with the colours as codes that are ended where they end; blanks at the end of a redrawn row are none. */
  toString(): string {
    const styles = this.#styles;
    if (styles === null) return this.isRedrawn ? this.#text.trimEnd() : this.#text;
    let [shown, style, from] = ['', '', 0];
    const length = this.isRedrawn ? this.#text.trimEnd().length : this.#text.length;
    for (let at = 0; at <= length; at++) {
      const next = at === length ? '' : (styles[at] ?? '');
      if (next === style) continue;
      shown += this.#text.slice(from, at) + (style === '' ? '' : RESET) + (next === '' ? '' : `\u001b[${next}m`);
      [style, from] = [next, at];
    }
    return shown + this.#text.slice(from, length);
  }
}
