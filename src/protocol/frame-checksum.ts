// The checksum that a frame may carry: `"c"` right behind `"v"`, eight lower-case hex digits of the CRC-32C over the
// frame's JSON with these digits as zeros. Everything else about the frame stays as it is, so whoever does not know it reads on.

import { CRC_START, crc32cUpdate } from './crc32c.js';
import { HEADER_BYTES } from './limits.js';

const START = Uint8Array.from('{"v":1,"c":"', (char) => char.charCodeAt(0));
const ZEROS = new Uint8Array(8).fill(0x30);
const QUOTE = 0x22;
const COMMA = 0x2c;
/** Where the frames that carry one differ first from those that do not: `c`. */
const NAME_AT = 8;
const NAME = 0x63;
/** Behind the digits stands `",`. */
const REST_AT = START.length + ZEROS.length;
const SHORTEST = REST_AT + 2;

/** Bytes that a checksum adds to a frame: `"c":"xxxxxxxx",`. */
export const CHECKSUM_BYTES = 15;
/** Where in the JSON what follows `"v":1` begins: without a checksum, and behind it. */
export const PLAIN_START = 7;

/** The register behind the start and the zeros, which are the same in every frame. */
const REGISTER = crc32cUpdate(crc32cUpdate(CRC_START, START, 0, START.length), ZEROS, 0, ZEROS.length);

/** What the JSON in bytes[start, end) says about itself. */
export type ChecksumVerdict = 'none' | 'right' | 'wrong';

/** Whether the JSON in bytes[start, end) carries a checksum, and whether it is that of these bytes. */
export function verifyChecksum(bytes: Uint8Array, start: number, end: number): ChecksumVerdict {
  if (bytes[start + NAME_AT] !== NAME || !carries(bytes, start, end)) return 'none';
  let claimed = 0;
  for (let at = start + START.length; at < start + REST_AT; at++) claimed = (claimed << 4) | hexValue(bytes[at] as number);
  return ~crc32cUpdate(REGISTER, bytes, start + REST_AT, end) === claimed ? 'right' : 'wrong';
}

function carries(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SHORTEST || bytes[start + REST_AT] !== QUOTE || bytes[start + REST_AT + 1] !== COMMA) return false;
  for (let i = 0; i < START.length; i++) if (bytes[start + i] !== START[i]) return false;
  for (let at = start + START.length; at < start + REST_AT; at++) if (hexValue(bytes[at] as number) < 0) return false;
  return true;
}

/** The value of a lower-case hex digit, or -1. */
function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** The same frame, its length included, with its checksum. It must begin with `{"v":1,"` and carry none. */
export function withChecksum(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frame.length + CHECKSUM_BYTES);
  new DataView(bytes.buffer).setUint32(0, bytes.length - HEADER_BYTES);
  bytes.set(START, HEADER_BYTES);
  bytes[HEADER_BYTES + REST_AT] = QUOTE;
  bytes[HEADER_BYTES + REST_AT + 1] = COMMA;
  bytes.set(frame.subarray(HEADER_BYTES + PLAIN_START), HEADER_BYTES + REST_AT + 2);
  const crc = ~crc32cUpdate(REGISTER, bytes, HEADER_BYTES + REST_AT, bytes.length) >>> 0;
  const digits = crc.toString(16).padStart(8, '0');
  for (let i = 0; i < digits.length; i++) bytes[HEADER_BYTES + START.length + i] = digits.charCodeAt(i);
  return bytes;
}
