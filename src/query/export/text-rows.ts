// Tables as text: CSV that no spreadsheet mistakes for formulas, and JSON lines.

import type { JsonValue } from '../../protocol/index.js';
import type { Column, RowBatch, Table } from './table.js';

/** Rows written before a piece goes out. */
const PIECE = 4_096;
/** What a spreadsheet may take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

const encoder = new TextEncoder();

/** RFC 4180 with LF and a heading. Nothing is empty; NaN and the infinities are written as such; times are µs since the epoch. */
export async function* csvBytes({ columns, batches }: Table): AsyncGenerator<Uint8Array> {
  const cells = columns.map(() => new CellMemory());
  yield encoder.encode(`${columns.map(({ name }) => name).join(',')}\n`);
  for await (const batch of batches) {
    yield* pieces(batch, (at) => batch.columns.map((column, index) => cells[index]?.textOf(column[at] ?? null)).join(','));
  }
}

/** One JSON object a row; NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity". */
export async function* jsonLineBytes({ columns, batches }: Table): AsyncGenerator<Uint8Array> {
  for await (const batch of batches) yield* pieces(batch, (at) => jsonLine(columns, batch, at));
}

function* pieces({ length }: RowBatch, lineOf: (at: number) => string): Generator<Uint8Array> {
  for (let from = 0; from < length; from += PIECE) {
    let text = '';
    for (let at = from; at < Math.min(from + PIECE, length); at++) text += `${lineOf(at)}\n`;
    yield encoder.encode(text);
  }
}

/** One column's cells; the one before is often the same. */
class CellMemory {
  #value: JsonValue | undefined;
  #text = '';

  textOf(value: JsonValue): string {
    if (typeof value === 'number') return String(value);
    if (value !== this.#value) {
      this.#value = value;
      this.#text = csvCell(value);
    }
    return this.#text;
  }
}

function csvCell(value: JsonValue): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? harmless(value) : toJson(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function jsonLine(columns: readonly Column[], batch: RowBatch, at: number): string {
  const members = columns.map(({ name }, index) => `${JSON.stringify(name)}:${toJson(batch.columns[index]?.[at] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** JSON has no NaN. */
export function toJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'number' && !Number.isFinite(member) ? String(member) : member,
  );
}
