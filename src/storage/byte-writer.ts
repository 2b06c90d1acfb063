// A growing little-endian byte sink and its reader, for the chunk format.

import { XTrackError } from '../protocol/errors.js';

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
