// A canvas of braille dots, two by four a terminal cell, in which each cell remembers who drew there last.

import type { Paint } from './styled.js';

const BLANK = 0x2800;
/** Bit of each dot of a braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export interface Dot {
  readonly column: number;
  readonly row: number;
}

export class BrailleCanvas {
  /** Dots. */
  readonly columns: number;
  readonly rows: number;
  readonly #width: number;
  readonly #bits: Uint8Array;
  readonly #paints: (Paint | undefined)[];

  /** Size in terminal cells. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.columns = width * 2;
    this.rows = height * 4;
    this.#bits = new Uint8Array(width * height);
    this.#paints = new Array<Paint | undefined>(width * height);
  }

  line(from: Dot, to: Dot, paint: Paint | undefined): void {
    const steps = Math.max(1, Math.abs(to.column - from.column), Math.abs(to.row - from.row));
    for (let step = 0; step <= steps; step += 1) {
      const part = step / steps;
      const column = Math.round(from.column + (to.column - from.column) * part);
      this.#dot(column, Math.round(from.row + (to.row - from.row) * part), paint);
    }
  }

  /** Line by line, neighbours of one colour painted together. */
  lines(): string[] {
    return Array.from({ length: this.rows / 4 }, (_, row) => this.#lineOf(row));
  }

  #dot(column: number, row: number, paint: Paint | undefined): void {
    const cell = (row >> 2) * this.#width + (column >> 1);
    this.#bits[cell] = (this.#bits[cell] as number) | (DOTS[row & 3]?.[column & 1] as number);
    this.#paints[cell] = paint;
  }

  #lineOf(row: number): string {
    let line = '';
    let text = '';
    let paint: Paint | undefined;
    const flush = (): void => {
      line += paint === undefined || text === '' ? text : paint(text);
      text = '';
    };
    for (let cell = row * this.#width; cell < (row + 1) * this.#width; cell++) {
      if (this.#paints[cell] !== paint) flush();
      paint = this.#paints[cell];
      text += String.fromCharCode(BLANK + (this.#bits[cell] as number));
    }
    flush();
    return line;
  }
}
