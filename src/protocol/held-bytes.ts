// The start of a frame whose end has not come yet: one growing buffer, its copying amortised.

/** Kept when empty, so that ordinary split frames allocate nothing. */
const KEPT_BYTES = 256 * 1024;
const FIRST_BYTES = 4 * 1024;

/** bytes[head, tail) are held. */
export class HeldBytes {
  bytes = new Uint8Array(0);
  head = 0;
  tail = 0;

  get length(): number {
    return this.tail - this.head;
  }

  /** Copies source[from, to) behind what is held. */
  append(source: Uint8Array, from: number, to: number): void {
    if (to <= from) return;
    this.reserve(to - from);
    this.bytes.set(source.subarray(from, to), this.tail);
    this.tail += to - from;
  }

  /** Lets go of the first `count` bytes. */
  release(count: number): void {
    this.head += count;
    if (this.head < this.tail) return;
    this.head = 0;
    this.tail = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(0);
  }

  private reserve(count: number): void {
    if (this.tail + count <= this.bytes.length) return;
    const needed = this.length + count;
    // Moving down costs `length`; it is worth it when at least as much becomes free.
    const target = needed * 2 <= this.bytes.length ? this.bytes : new Uint8Array(Math.max(needed * 2, FIRST_BYTES));
    target.set(this.bytes.subarray(this.head, this.tail));
    this.bytes = target;
    this.tail -= this.head;
    this.head = 0;
  }
}
