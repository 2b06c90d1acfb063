// Tables as Parquet, a row group at a time, so that memory stays bounded.

import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import type { JsonValue } from '../../protocol/index.js';
import type { CellType, Column, RowBatch, Table } from './table.js';
import { toJson } from './text-rows.js';

/** Rows of a group, as soon as there are so many. */
const GROUP = 65_536;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

const TYPES: Readonly<Record<CellType, Omit<SchemaElement, 'name'>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  number: { type: 'DOUBLE' },
  integer: { type: 'INT64' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
  boolean: { type: 'BOOLEAN' },
};

/** Every column may be null. Times are timestamps in UTC, JSON is text, NaN and the infinities stay numbers. Compressed with Snappy. */
export async function* parquetBytes({ columns, batches }: Table): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const fields = columns.map(({ name, type }): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...TYPES[type] }));
  const writer = new ParquetWriter({ writer: bytes, schema: [{ name: 'root', num_children: fields.length }, ...fields] });
  for await (const group of groups(columns, batches)) {
    const columnData = columns.map(({ name }, at): ColumnSource => ({ name, data: group[at] as JsonValue[], offsetIndex: false }));
    await writer.write({ columnData, rowGroupSize: GROUP });
    yield taken(bytes);
  }
  await writer.finish();
  yield taken(bytes);
}

/** What was written since; the writer goes on counting. */
function taken(bytes: ByteWriter): Uint8Array {
  const part = bytes.getBytes().slice();
  bytes.index = 0;
  return part;
}

/** Batches joined until they are worth a row group. */
async function* groups(columns: readonly Column[], batches: AsyncIterable<RowBatch>): AsyncGenerator<unknown[][]> {
  let group: unknown[][] = columns.map(() => []);
  for await (const { length, columns: cells } of batches) {
    for (const [index, { type }] of columns.entries()) {
      const target = group[index] as unknown[];
      const source = cells[index] as ArrayLike<JsonValue>;
      for (let at = 0; at < length; at++) target.push(stored(source[at] ?? null, type));
    }
    if ((group[0]?.length ?? 0) < GROUP) continue;
    yield group;
    group = columns.map(() => []);
  }
  if ((group[0]?.length ?? 0) > 0) yield group;
}

function stored(value: JsonValue, type: CellType): unknown {
  if (value === null) return null;
  if (type === 'json' && typeof value !== 'string') return toJson(value);
  return type === 'integer' || type === 'time' ? BigInt(value as number) : value;
}
