// One-dimensional arrays as PostgreSQL's binary protocol carries them: many rows in one parameter, and series as columns.

import { XTrackError } from '../../../protocol/errors.js';
import { encodeText } from '../../text.js';

/** pg_type.oid */
const OID = { bytea: 17, int8: 20, int4: 23, text: 25, float8: 701 } as const;
/** Dimensions, whether there are nulls, element type, length, lower bound: i32 each. */
const HEADER_BYTES = 20;
const TWO_32 = 2 ** 32;

/** Integers that a double holds exactly. */
export function int8Array(values: readonly (number | null)[]): Buffer {
  const nulls = values.filter((value) => value === null).length;
  const out = begin(OID.int8, values.length, values.length * 12 - nulls * 8, nulls > 0);
  let at = HEADER_BYTES;
  for (const value of values) {
    out.writeInt32BE(value === null ? -1 : 8, at);
    if (value === null) {
      at += 4;
      continue;
    }
    out.writeInt32BE(Math.floor(value / TWO_32), at + 4);
    out.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, at + 8);
    at += 12;
  }
  return out;
}

export function int4Array(values: readonly number[]): Buffer {
  const out = begin(OID.int4, values.length, values.length * 8, false);
  values.forEach((value, index) => {
    out.writeInt32BE(4, HEADER_BYTES + index * 8);
    out.writeInt32BE(value, HEADER_BYTES + index * 8 + 4);
  });
  return out;
}

/** Texts without NUL and lone surrogates (text.ts). */
export function textArray(values: readonly (string | null)[]): Buffer {
  const sizes = values.map((value) => (value === null ? 0 : Buffer.byteLength(value)));
  const bytes = sizes.reduce((sum, size) => sum + size + 4, 0);
  const out = begin(OID.text, values.length, bytes, values.includes(null));
  let at = HEADER_BYTES;
  values.forEach((value, index) => {
    const size = sizes[index] as number;
    out.writeInt32BE(value === null ? -1 : size, at);
    if (value !== null) out.write(value, at + 4);
    at += 4 + size;
  });
  return out;
}

export function byteaArray(values: readonly Uint8Array[]): Buffer {
  const bytes = values.reduce((sum, value) => sum + value.length + 4, 0);
  const out = begin(OID.bytea, values.length, bytes, false);
  let at = HEADER_BYTES;
  for (const value of values) {
    out.writeInt32BE(value.length, at);
    out.set(value, at + 4);
    at += 4 + value.length;
  }
  return out;
}

function begin(oid: number, length: number, bytes: number, nulls: boolean): Buffer {
  const out = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  writeHeader(out, oid, length, nulls);
  return out;
}

function writeHeader(out: Buffer, oid: number, length: number, nulls: boolean): void {
  out.writeInt32BE(1, 0);
  out.writeInt32BE(nulls ? 1 : 0, 4);
  out.writeInt32BE(oid, 8);
  out.writeInt32BE(length, 12);
  out.writeInt32BE(1, 16);
}

/** A growing array of doubles. */
export class FloatArray {
  length = 0;
  #bytes: Buffer;

  /** `capacity`: doubles. */
  constructor(capacity = 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(HEADER_BYTES + capacity * 12);
  }

  push(value: number): void {
    this.#reserve(1);
    const at = HEADER_BYTES + this.length * 12;
    this.#bytes.writeInt32BE(8, at);
    this.#bytes.writeDoubleBE(value, at + 4);
    this.length += 1;
  }

  /** Appends values[0, count). */
  append(values: Float64Array, count: number): void {
    this.#reserve(count);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    let at = HEADER_BYTES + this.length * 12;
    for (let index = 0; index < count; index++) {
      view.setInt32(at, 8);
      view.setFloat64(at + 4, values[index] as number);
      at += 12;
    }
    this.length += count;
  }

  /** As a parameter; shares this array's memory. */
  param(): Buffer {
    writeHeader(this.#bytes, OID.float8, this.length, false);
    return this.#bytes.subarray(0, HEADER_BYTES + this.length * 12);
  }

  #reserve(more: number): void {
    const needed = HEADER_BYTES + (this.length + more) * 12;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, needed));
    this.#bytes.copy(grown, 0, 0, HEADER_BYTES + this.length * 12);
    this.#bytes = grown;
  }
}

/** The values as an array; null becomes NaN. */
export function float8Array(values: readonly (number | null)[]): Buffer {
  const out = new FloatArray(values.length);
  for (const value of values) out.push(value ?? Number.NaN);
  return out.param();
}

/** The doubles of an array as it was received. Throws XT_STORE_READ where it holds anything else. */
export function toDoubles(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt32(0) === 0) return new Float64Array(0);
  const length = view.getInt32(12);
  if (view.getInt32(0) !== 1 || view.getInt32(8) !== OID.float8 || bytes.length !== HEADER_BYTES + length * 12) {
    throw new XTrackError('XT_STORE_READ', { detail: `an array of ${bytes.length} bytes holds more than doubles` });
  }
  const out = new Float64Array(length);
  for (let index = 0, at = HEADER_BYTES + 4; index < length; index++, at += 12) out[index] = view.getFloat64(at);
  return out;
}

/** Run ids as the server keeps them. */
export function runIdArray(runIds: readonly string[]): Buffer {
  return textArray(runIds.map(encodeText));
}
