// The start of a frame whose end has not come yet: one growing buffer, its copying amortised.
// Frames are handed out as ranges of it, so what was handed out stays as it is until `giveBack`.

import { givenBack } from './given-back.js';

/** Kept when empty, so that ordinary split frames allocate nothing. */
const KEPT_BYTES = 256 * 1024;
const FIRST_BYTES = 4 * 1024;

/** bytes[head, tail) are held; bytes[0, head) may still be looked at by whom they were handed to. */
export class HeldBytes {
  bytes = new Uint8Array(0);
  head = 0;
  tail = 0;
  /** Ranges of `bytes` were handed out … */
  private lent = false;
  /** … and of buffers that became too small since. */
  private outgrown: Uint8Array[] = [];

  get length(): number {
    return this.tail - this.head;
  }

  /** Copies source[from, to) behind what is held. More than `most` bytes will not be held: no room is made for them. */
  append(source: Uint8Array, from: number, to: number, most = Number.POSITIVE_INFINITY): void {
    if (to <= from) return;
    this.reserve(to - from, most);
    this.bytes.set(source.subarray(from, to), this.tail);
    this.tail += to - from;
  }

  /** Hands out the first `count` bytes: they are held no more, and stay as they are until `giveBack`. */
  release(count: number): void {
    if (count === 0) return;
    this.head += count;
    this.lent = true;
  }

  /** Nobody looks any more at what was handed out. */
  giveBack(): void {
    if (!this.lent) return;
    this.lent = false;
    for (const bytes of this.outgrown) givenBack(bytes);
    this.outgrown = [];
    givenBack(this.bytes.subarray(0, this.head));
    if (this.head < this.tail) return;
    this.head = 0;
    this.tail = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(0);
  }

  private reserve(count: number, most: number): void {
    if (this.tail + count <= this.bytes.length) return;
    const needed = this.length + count;
    // Moving down costs `length`; it is worth it when at least as much becomes free.
    const movesDown = !this.lent && needed * 2 <= this.bytes.length;
    const target = movesDown ? this.bytes : new Uint8Array(Math.max(Math.min(needed * 2, most), needed, FIRST_BYTES));
    target.set(this.bytes.subarray(this.head, this.tail));
    if (this.lent) this.outgrown.push(this.bytes);
    this.bytes = target;
    this.tail -= this.head;
    this.head = 0;
  }
}
