// Walks the bytes of a frame's JSON before it is parsed: depth, how many values, and that one object opens and closes.
// Resumable, so that a frame that trickles in is walked once, and linear over a whole stream: JSON forbids raw
// control bytes and a length prefix begins with 0x00 or 0x01, so no walk goes past the next frame's prefix.

import { LIMITS } from '../limits.js';

/** What a walk has found so far. */
export type ScanState = 'open' | 'closed' | 'depth' | 'values' | 'broken';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** One walk over one frame's body. */
export class FrameScan {
  /** Bytes walked since the start, over all frames: the work done, for tests. */
  walked = 0;
  private at = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private state: ScanState = 'open';
  private digits = 0;
  private commas = 0;
  /** A number of 16 digits or more, or with an exponent, was walked: it may be one that a double does not hold. */
  oddNumbers = false;

  /** Begins a new body. */
  reset(): void {
    this.at = 0;
    this.depth = 0;
    this.inString = false;
    this.escaped = false;
    this.state = 'open';
    this.digits = 0;
    this.commas = 0;
    this.oddNumbers = false;
  }

  /** Walks on to bytes[start + length); `start` is where the body begins in `bytes`, which may have moved since. */
  walk(bytes: Uint8Array, start: number, length: number): ScanState {
    let i = start + this.at;
    const end = start + length;
    this.walked += end - i;
    while (i < end && (this.state === 'open' || this.state === 'closed')) {
      i = this.inString ? this.walkString(bytes, i, end) : this.walkStructure(bytes, i, end);
    }
    this.walked -= end - i;
    this.at = i - start;
    return this.state;
  }

  private walkString(bytes: Uint8Array, from: number, end: number): number {
    let i = from;
    if (this.escaped && i < end) {
      this.escaped = false;
      if ((bytes[i] as number) < 0x20) return this.fail('broken', i);
      i++;
    }
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte < 0x20) return this.fail('broken', i);
      if (byte === QUOTE) {
        this.inString = false;
        return i + 1;
      }
      if (byte === BACKSLASH) {
        this.escaped = true;
        return i + 1;
      }
    }
    return i;
  }

  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop over every byte of the slow path
  private walkStructure(bytes: Uint8Array, from: number, end: number): number {
    for (let i = from; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
      if (byte < 0x20 || this.state === 'closed') return this.fail('broken', i);
      if (this.depth === 0 && byte !== 0x7b) return this.fail('broken', i);
      if (byte === QUOTE) {
        this.inString = true;
        return i + 1;
      }
      if (byte >= 0x30 && byte <= 0x39) {
        if (++this.digits === 16) this.oddNumbers = true;
        continue;
      }
      if (this.digits > 0 && (byte | 0x20) === 0x65) this.oddNumbers = true;
      this.digits = 0;
      if (byte === 0x7b || byte === 0x5b) {
        if (++this.depth > LIMITS.depth) return this.fail('depth', i);
      } else if (byte === 0x7d || byte === 0x5d) {
        if (--this.depth === 0) this.state = 'closed';
      } else if (byte === COMMA && ++this.commas >= LIMITS.values) return this.fail('values', i);
    }
    return end;
  }

  private fail(state: 'depth' | 'values' | 'broken', at: number): number {
    this.state = state;
    return at;
  }
}
