// Columns of numbers as bytes (little-endian, as every platform that Node runs on here). A column of a chunk takes the cheapest of five
// forms, which are part of the disk format: never renumber.

import { XTrackError } from '../../protocol/errors.js';

const FIRST_CAPACITY = 16 * 1024;
/** A zigzag varint of a 53-bit integer takes at most 8 bytes. */
const MAX_VARINT = 8;
const TWO_31 = 2 ** 31;

/** Appends bytes; reused from chunk to chunk so that encoding allocates nothing. */
export class ByteWriter {
  bytes = new Uint8Array(FIRST_CAPACITY);
  length = 0;
  #view = new DataView(this.bytes.buffer);

  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  float64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Signed integer, |value| <= 2^51. */
  varint(value: number): void {
    this.reserve(MAX_VARINT);
    let rest = value >= 0 ? value * 2 : value * -2 - 1;
    let at = this.length;
    const bytes = this.bytes;
    while (rest >= TWO_31) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at] = rest;
    this.length = at + 1;
  }
}

/** Reads what ByteWriter wrote. Reading past the end throws XT_STORE_READ or RangeError. */
export class ByteReader {
  readonly bytes: Uint8Array;
  offset = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  float64(): number {
    const value = this.#view.getFloat64(this.offset, true);
    this.offset += 8;
    return value;
  }

  varint(): number {
    let rest = 0;
    let scale = 1;
    for (let count = 0; count < MAX_VARINT; count++) {
      const byte = this.bytes[this.offset];
      if (byte === undefined) throw new XTrackError('XT_STORE_READ', { detail: 'a varint runs past the end' });
      this.offset += 1;
      rest += (byte & 127) * scale;
      if (byte < 128) return rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
      scale *= 128;
    }
    throw new XTrackError('XT_STORE_READ', { detail: 'a varint takes more than 8 bytes' });
  }
}

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

/** The blob as numbers. Copies: a blob may start at any byte of its buffer. */
export function toFloats(blob: Uint8Array): Float64Array {
  const out = new Float64Array(Math.floor(blob.length / 8));
  new Uint8Array(out.buffer).set(blob.subarray(0, out.length * 8));
  return out;
}

/** The numbers as a blob; shares their memory. */
export function toBlob(floats: Float64Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
