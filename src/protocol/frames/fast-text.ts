// Short texts of the hot path: bytes compared with what was seen before, so that a string is made once.

/** At least four bytes to compare with, cut into words of four (the last one may overlap its neighbour). */
export interface Pattern {
  readonly length: number;
  readonly words: Int32Array;
}

/** The pattern of these bytes. */
export function bytesPattern(bytes: Uint8Array): Pattern {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  const words = Int32Array.from({ length: Math.ceil(length / 4) }, (_, index) => view.getInt32(Math.min(index * 4, length - 4)));
  return { length, words };
}

/** The pattern of an ASCII text. */
export function textPattern(text: string): Pattern {
  return bytesPattern(Uint8Array.from(text, (char) => char.charCodeAt(0)));
}

/** True when the pattern stands at `at`: four bytes a step, which on 180 bytes of frame is what makes the fast path fast. */
export function standsAt(view: DataView, at: number, pattern: Pattern): boolean {
  const { words, length } = pattern;
  if (at + length > view.byteLength) return false;
  const last = words.length - 1;
  for (let i = 0; i < last; i++) {
    if (view.getInt32(at + i * 4) !== words[i]) return false;
  }
  return view.getInt32(at + length - 4) === words[last];
}

function sameBytes(bytes: Uint8Array, at: number, known: Uint8Array): boolean {
  for (let i = 0; i < known.length; i++) {
    if (bytes[at + i] !== known[i]) return false;
  }
  return true;
}

/** Longest text that is remembered; longer ones are left to JSON.parse. */
const LONGEST = 128;
/** A power of two. Texts that fall on one slot push each other out, so hostile keys cost time, never memory. */
const SLOTS = 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Remembered {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** A bounded memory of JSON strings without escapes. */
export class TextMemory {
  /** The last text read. */
  text = '';
  private readonly slots: (Remembered | undefined)[] = new Array(SLOTS).fill(undefined);

  /** Reads the string whose first character stands at `from`; returns where its closing quote stands, or -1. */
  read(bytes: Uint8Array, from: number, end: number): number {
    let hash = 0;
    let at = from;
    const limit = Math.min(from + LONGEST, end);
    for (; at < limit; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH || byte < 0x20) return -1;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (at === limit || at === from) return -1;
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
    const known = this.slots[slot];
    if (known !== undefined && known.bytes.length === at - from && sameBytes(bytes, from, known.bytes)) this.text = known.text;
    else if (!this.remember(bytes.slice(from, at), slot)) return -1;
    return at;
  }

  private remember(bytes: Uint8Array, slot: number): boolean {
    try {
      this.text = decoder.decode(bytes);
    } catch {
      return false;
    }
    this.slots[slot] = { bytes, text: this.text };
    return true;
  }
}
