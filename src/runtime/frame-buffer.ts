// The frames of one run that wait for the next commit, as one growing buffer.
// Neighbouring frames of the same chunk are copied in one go: a copy per frame costs more than decoding it.

const SMALLEST = 4 * 1024;
/** Where more than one range comes, they are expected to be about as many bytes as the last time, up to here: growing by doubling would leave as much garbage. */
const MOST_EXPECTED = 1024 * 1024 + 128 * 1024;

/** Collects byte ranges; `take` hands them over and starts anew. */
export class FrameBuffer {
  private bytes = new Uint8Array(0);
  private used = 0;
  private expected = 0;
  private source: Uint8Array | undefined;
  private from = 0;
  private to = 0;

  /** Appends source[start, end). The range is copied at the latest by `settle`, before the source may change. */
  append(source: Uint8Array, start: number, end: number): void {
    if (source === this.source && start === this.to) {
      this.to = end;
      return;
    }
    this.settle();
    this.source = source;
    this.from = start;
    this.to = end;
  }

  /** Copies what is still only referred to. */
  settle(): void {
    if (this.source === undefined) return;
    const size = this.to - this.from;
    this.reserve(size);
    this.bytes.set(this.source.subarray(this.from, this.to), this.used);
    this.used += size;
    this.source = undefined;
    this.to = 0;
  }

  get length(): number {
    return this.used + (this.source === undefined ? 0 : this.to - this.from);
  }

  /** All bytes so far; the buffer no longer owns them. */
  take(): Uint8Array {
    this.settle();
    const taken = this.bytes.subarray(0, this.used);
    this.expected = Math.min(this.used + (this.used >> 3), MOST_EXPECTED);
    this.bytes = new Uint8Array(0);
    this.used = 0;
    return taken;
  }

  private reserve(size: number): void {
    const needed = this.used + size;
    if (needed <= this.bytes.length) return;
    const expected = this.used === 0 ? SMALLEST : this.expected;
    const grown = new Uint8Array(Math.max(expected, this.bytes.length * 2, needed));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }
}
