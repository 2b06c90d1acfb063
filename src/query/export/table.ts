// A table on its way out: columns with a type, rows in batches, whatever file they end in.

import type { JsonValue } from '../../protocol/index.js';

/**
 * `time`: µs since the epoch. `json`: any JSON; a text stays a plain text where the format has no JSON. `number` may be NaN or
 * infinite. In any of them null is nothing.
 */
export type CellType = 'text' | 'number' | 'integer' | 'time' | 'boolean' | 'json';

export interface Column {
  readonly name: string;
  readonly type: CellType;
}

/** Rows as columns, in the order of the table's. */
export interface RowBatch {
  readonly length: number;
  readonly columns: readonly ArrayLike<JsonValue>[];
}

export interface Table {
  readonly columns: readonly Column[];
  readonly batches: AsyncIterable<RowBatch>;
}

/** Rows side by side as a batch. */
export function batchOf(width: number, rows: readonly (readonly JsonValue[])[]): RowBatch {
  return { length: rows.length, columns: Array.from({ length: width }, (_, at) => rows.map((row) => row[at] ?? null)) };
}
