// The checksum that a frame may carry: `"c"` right behind `"v"`, eight lower-case hex digits of the CRC-32C over the
// frame's JSON with these digits as zeros. Everything else about the frame stays as it is, so whoever does not know it reads on.

import { HEADER_BYTES } from '../limits.js';
import { CRC_START, crc32cUpdate, viewOf } from './crc32c.js';

const START = Uint8Array.from('{"v":1,"c":"', (char) => char.charCodeAt(0));
/** How a frame without a checksum begins that is allowed to come between others with one. */
const METRICS = ['{"v":1,"t":"metric",', '{"v":1,"t":"metric_batch",'].map((text) => Uint8Array.from(text, (char) => char.charCodeAt(0)));
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
const REGISTER = crc32cUpdate(crc32cUpdate(CRC_START, START, viewOf(START), 0, START.length), ZEROS, viewOf(ZEROS), 0, ZEROS.length);
const [FIRST, SECOND, THIRD] = [0, 4, 8].map((at) => viewOf(START).getInt32(at)) as [number, number, number];
/** The value of each lower-case hex digit; -1 for any other byte. */
const HEX = Int8Array.from({ length: 256 }, (_, byte) => '0123456789abcdef'.indexOf(String.fromCharCode(byte)));

/** What the JSON in bytes[start, end) says about itself. */
export type ChecksumVerdict = 'none' | 'right' | 'wrong';

let viewed: Uint8Array = START;
let view = viewOf(START);

/** Whether the JSON in bytes[start, end) carries a checksum, and whether it is that of these bytes. */
export function verifyChecksum(bytes: Uint8Array, start: number, end: number): ChecksumVerdict {
  if (bytes[start + NAME_AT] !== NAME || end - start < SHORTEST) return 'none';
  // The frames of a chunk come one behind the other.
  if (bytes !== viewed) {
    viewed = bytes;
    view = viewOf(bytes);
  }
  if (view.getInt32(start) !== FIRST || view.getInt32(start + 4) !== SECOND || view.getInt32(start + 8) !== THIRD) return 'none';
  if (bytes[start + REST_AT] !== QUOTE || bytes[start + REST_AT + 1] !== COMMA) return 'none';
  let claimed = 0;
  let all = 0;
  for (let at = start + START.length; at < start + REST_AT; at++) {
    const digit = HEX[bytes[at] as number] as number;
    all |= digit;
    claimed = (claimed << 4) | digit;
  }
  if (all < 0) return 'none';
  return ~crc32cUpdate(REGISTER, bytes, view, start + REST_AT, end) === claimed ? 'right' : 'wrong';
}

/**
 * Whether the JSON that begins at bytes[start] is a plain metric, written as emitters write it. No change of a few bytes
 * makes one of a frame with a checksum.
 */
export function isMetricFrame(bytes: Uint8Array, start: number): boolean {
  return METRICS.some((text) => text.every((byte, at) => bytes[start + at] === byte));
}

/** The same frame, its length included, with its checksum. It must begin with `{"v":1,"` and carry none. */
export function withChecksum(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frame.length + CHECKSUM_BYTES);
  new DataView(bytes.buffer).setUint32(0, bytes.length - HEADER_BYTES);
  bytes.set(START, HEADER_BYTES);
  bytes[HEADER_BYTES + REST_AT] = QUOTE;
  bytes[HEADER_BYTES + REST_AT + 1] = COMMA;
  bytes.set(frame.subarray(HEADER_BYTES + PLAIN_START), HEADER_BYTES + REST_AT + 2);
  const crc = ~crc32cUpdate(REGISTER, bytes, viewOf(bytes), HEADER_BYTES + REST_AT, bytes.length) >>> 0;
  const digits = crc.toString(16).padStart(8, '0');
  for (let i = 0; i < digits.length; i++) bytes[HEADER_BYTES + START.length + i] = digits.charCodeAt(i);
  return bytes;
}
