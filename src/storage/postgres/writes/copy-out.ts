// Rows in PostgreSQL's binary form, which the driver's own queries cannot carry: `COPY (query) TO STDOUT`, field by field.

import type { Connection, Submittable } from 'pg';
import { XTrackError } from '../../../protocol/errors.js';

/** Signature, flags and the length of an extension that has never been used. */
const HEADER_BYTES = 19;

/** The fields of one row; null where SQL has null. Views that hold only until the call returns. */
export type RowFields = readonly (Buffer | null)[];

/** What the driver hands on to whatever has been submitted. */
interface CopyTarget extends Submittable {
  handleCopyData(message: { readonly chunk: Buffer }): void;
  handleCommandComplete(): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
}

/** Makes the driver's submittable. `sql` has no parameters: only numbers of our own may be written into it. */
export function copyOut(sql: string, onRow: (fields: RowFields) => void, done: (error?: Error) => void): CopyTarget {
  let started = false;
  let failure: Error | undefined;
  return {
    submit(connection: Connection): void {
      connection.query(`COPY (${sql}) TO STDOUT (FORMAT binary)`);
    },
    // The server sends one message a row, the header in front of the first, and an end mark.
    handleCopyData({ chunk }): void {
      const row = started ? chunk : chunk.subarray(HEADER_BYTES);
      started = true;
      if (failure !== undefined || row.length < 2) return;
      try {
        const fields = row.readInt16BE(0);
        if (fields >= 0) onRow(readFields(row, fields));
      } catch (error) {
        failure = error instanceof Error ? error : new XTrackError('XT_STORE_READ', { detail: String(error) });
      }
    },
    handleCommandComplete: () => undefined,
    handleError(error): void {
      done(error);
    },
    handleReadyForQuery(): void {
      done(failure);
    },
  };
}

function readFields(row: Buffer, count: number): RowFields {
  const fields: (Buffer | null)[] = [];
  let at = 2;
  for (let field = 0; field < count; field++) {
    const length = row.readInt32BE(at);
    at += 4;
    fields.push(length < 0 ? null : row.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return fields;
}

/** A bigint field that a double holds exactly. */
export function int8(field: Buffer | null | undefined): number {
  return field == null ? 0 : field.readInt32BE(0) * 2 ** 32 + field.readUInt32BE(4);
}

export function int4(field: Buffer | null | undefined): number {
  return field?.readInt32BE(0) ?? 0;
}

export function int2(field: Buffer | null | undefined): number {
  return field?.readInt16BE(0) ?? 0;
}

export function float8(field: Buffer | null | undefined): number {
  return field?.readDoubleBE(0) ?? Number.NaN;
}

export function text(field: Buffer | null | undefined): string {
  return field?.toString('utf8') ?? '';
}
