// Blocks come back to the bit or not at all; those that were written before they had a checksum still do.

import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { XTrackError } from '../../protocol/errors.js';
import { packBlock, unpackBlock } from './block-codec.js';

const SMALL = Buffer.from('{"a":1}'.repeat(10));
const LARGE = Buffer.from('{"v":1,"t":"metric","p":{"key":"loss","value":0.25}}'.repeat(100));
const IMPLIED = '{"w":"inc-1"}';

/** What comes back, or the code of the error. */
function read(codec: number, bytes: Uint8Array, implied: string): string {
  try {
    return Buffer.from(unpackBlock(codec, bytes, implied)).toString();
  } catch (error) {
    return error instanceof XTrackError ? error.code : String(error);
  }
}

describe('a block', () => {
  it.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('comes back as it was, and no flipped bit of it or of what was implied goes unseen: %s', (_, bytes) => {
    const { codec, bytes: packed } = packBlock(bytes, IMPLIED);
    expect(read(codec, packed, IMPLIED)).toBe(bytes.toString());
    for (let bit = 0; bit < packed.length * 8; bit += 1) {
      const flipped = Uint8Array.from(packed);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(read(codec, flipped, IMPLIED)).toBe('XT_STORE_READ');
    }
    expect(read(codec, packed, '{"w":"inc-2"}')).toBe('XT_STORE_READ');
    expect(read(codec, packed.subarray(0, 3), IMPLIED)).toBe('XT_STORE_READ');
  });

  it('of a former version has no checksum, and is read', () => {
    expect(read(0, SMALL, IMPLIED)).toBe(SMALL.toString());
    expect(read(1, brotliCompressSync(LARGE), '{}')).toBe(LARGE.toString());
  });
});
