// One column of a chunk as bytes, each in the cheapest of five forms. Forms are part of the disk format: never renumber.

import { XTrackError } from '../protocol/errors.js';
import type { ByteReader, ByteWriter } from './byte-writer.js';

/** Every entry is NaN; no bytes. */
const ABSENT = 0;
/** Integers, or one number throughout: the first entry and the constant difference, two f64. */
const LINEAR = 1;
/** Integers: the first entry as f64, then zigzag varints of the differences. */
const DELTA = 2;
/** f64 each. */
const RAW = 3;
/** f64 with the bytes transposed: all lowest bytes first, all highest last; compresses better. */
const SHUFFLED = 4;

/** Beyond it a difference, doubled by zigzag, could leave the exact integers. */
const MAX_DELTA = 2 ** 51;

/** Appends an integer-like column (seq, step, epoch, ts); returns its form. */
export function encodeColumn(out: ByteWriter, column: Float64Array, count: number): number {
  if (isAbsent(column, count)) return ABSENT;
  const first = column[0] as number;
  const delta = count > 1 ? (column[1] as number) - first : 0;
  if (isLinear(column, count, delta)) {
    out.float64(first);
    out.float64(delta);
    return LINEAR;
  }
  if (!isDelta(column, count)) {
    for (let at = 0; at < count; at++) out.float64(column[at] as number);
    return RAW;
  }
  out.float64(first);
  for (let at = 1; at < count; at++) out.varint((column[at] as number) - (column[at - 1] as number));
  return DELTA;
}

/** Appends the value column; returns its form. */
export function encodeValues(out: ByteWriter, column: Float64Array, count: number): number {
  if (isAbsent(column, count)) return ABSENT;
  if (isLinear(column, count, 0)) {
    out.float64(column[0] as number);
    out.float64(0);
    return LINEAR;
  }
  out.reserve(count * 8);
  const bytes = new Uint8Array(column.buffer, column.byteOffset, count * 8);
  const target = out.bytes;
  let to = out.length;
  for (let lane = 0; lane < 8; lane++) {
    for (let at = lane; at < bytes.length; at += 8) target[to++] = bytes[at] as number;
  }
  out.length = to;
  return SHUFFLED;
}

/** Fills the first `count` entries of `column`. Throws XT_STORE_READ or RangeError where the bytes do not fit. */
export function decodeColumn(input: ByteReader, form: number, column: Float64Array, count: number): void {
  if (form === ABSENT) column.fill(Number.NaN, 0, count);
  else if (form === LINEAR) readLinear(input, column, count);
  else if (form === DELTA) readDelta(input, column, count);
  else if (form === RAW) for (let at = 0; at < count; at++) column[at] = input.float64();
  else if (form === SHUFFLED) readShuffled(input, column, count);
  else throw new XTrackError('XT_STORE_READ', { detail: `a column has the unknown form ${form}` });
}

function readLinear(input: ByteReader, column: Float64Array, count: number): void {
  const first = input.float64();
  const delta = input.float64();
  if (delta === 0) column.fill(first, 0, count);
  else for (let at = 0; at < count; at++) column[at] = first + at * delta;
}

function readDelta(input: ByteReader, column: Float64Array, count: number): void {
  let value = input.float64();
  column[0] = value;
  for (let at = 1; at < count; at++) {
    value += input.varint();
    column[at] = value;
  }
}

function readShuffled(input: ByteReader, column: Float64Array, count: number): void {
  const source = input.bytes;
  let from = input.offset;
  if (from + count * 8 > source.length) throw new XTrackError('XT_STORE_READ', { detail: 'values run past the end' });
  const bytes = new Uint8Array(column.buffer, column.byteOffset, count * 8);
  for (let lane = 0; lane < 8; lane++) {
    for (let at = lane; at < bytes.length; at += 8) bytes[at] = source[from++] as number;
  }
  input.offset = from;
}

function isAbsent(column: Float64Array, count: number): boolean {
  for (let at = 0; at < count; at++) if (!Number.isNaN(column[at])) return false;
  return true;
}

/** True where `first + at * delta` gives every entry back, bit by bit. */
function isLinear(column: Float64Array, count: number, delta: number): boolean {
  const first = column[0] as number;
  if (delta !== 0 && !(Number.isSafeInteger(first) && Number.isSafeInteger(first + count * delta))) return false;
  for (let at = 0; at < count; at++) {
    if (!Object.is(column[at], delta === 0 ? first : first + at * delta)) return false;
  }
  return true;
}

function isDelta(column: Float64Array, count: number): boolean {
  let before = column[0] as number;
  for (let at = 0; at < count; at++) {
    const value = column[at] as number;
    if (!Number.isSafeInteger(value) || Object.is(value, -0) || Math.abs(value - before) > MAX_DELTA) return false;
    before = value;
  }
  return true;
}
