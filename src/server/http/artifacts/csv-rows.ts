// The first rows of a CSV text (RFC 4180), for a look at it.

export interface CsvRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** There are more. */
  readonly cut: boolean;
}

/** `separator`: one character. `whole`: the text ends where the file does, so that its last row is complete. */
export function readCsv(text: string, separator: string, limits: { readonly rows: number; readonly whole: boolean }): CsvRows {
  const rows: string[][] = [];
  const cells = new CsvCells(text.startsWith('\ufeff') ? text.slice(1) : text, separator);
  let cut = !limits.whole;
  for (let row = cells.row(); row !== undefined; row = cells.row()) {
    // Cut off in the middle.
    if (cells.atEnd && !limits.whole && rows.length > 0) break;
    if (rows.length > limits.rows) {
      cut = true;
      break;
    }
    rows.push(row);
  }
  const [columns = [], ...rest] = rows;
  return { columns, rows: rest, cut };
}

class CsvCells {
  readonly #text: string;
  readonly #separator: string;
  #at = 0;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Undefined: there is none left. */
  row(): string[] | undefined {
    if (this.atEnd) return undefined;
    const row: string[] = [];
    for (;;) {
      row.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain());
      if (this.#text[this.#at] !== this.#separator) break;
      this.#at += 1;
    }
    if (this.#text[this.#at] === '\r') this.#at += 1;
    if (this.#text[this.#at] === '\n') this.#at += 1;
    return row;
  }

  #plain(): string {
    const start = this.#at;
    while (!this.atEnd && !this.#endsCell()) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #quoted(): string {
    let cell = '';
    this.#at += 1;
    for (;;) {
      const quote = this.#text.indexOf('"', this.#at);
      if (quote < 0) {
        cell += this.#text.slice(this.#at);
        this.#at = this.#text.length;
        return cell;
      }
      cell += this.#text.slice(this.#at, quote);
      this.#at = quote + 1;
      if (this.#text[this.#at] !== '"') return cell + this.#plain();
      cell += '"';
      this.#at += 1;
    }
  }

  #endsCell(): boolean {
    const character = this.#text[this.#at];
    return character === this.#separator || character === '\n' || character === '\r';
  }
}
