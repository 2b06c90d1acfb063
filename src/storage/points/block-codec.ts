// How the bytes of a block lie on disk (docs/format/block.md).
// Brotli at quality 1, measured on metric frames: 0.31 µs and 20 B an event; deflate level 1: 0.68 µs and 24 B.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { XTrackError } from '../../protocol/errors.js';
import { CRC_START, crc32cUpdate } from '../../protocol/frames/crc32c.js';

/** As stored in the `codec` column: never renumber. */
const RAW = 0;
const BROTLI = 1;
/** On top of either: the bytes end with a CRC-32C. Blocks of former versions have none. */
const CHECKED = 2;
const CRC_BYTES = 4;
/** Below it the compressor's own start-up costs more than the bytes (bytes). */
const SMALLEST = 512;
/** A block of one frame can be as large as the largest frame (16 MiB and its length), others are smaller (bytes). */
const MAX_BLOCK = 64 * 1024 * 1024;

/** Nothing is implied: most blocks. */
const NONE_IMPLIED = '{}';

export interface PackedBlock {
  readonly codec: number;
  readonly bytes: Uint8Array;
}

/** `implied`: as it is stored beside the bytes; the checksum is of both. */
export function packBlock(bytes: Uint8Array, implied: string): PackedBlock {
  const { codec, bytes: packed } = compress(bytes);
  const checked = new Uint8Array(packed.length + CRC_BYTES);
  checked.set(packed);
  const view = new DataView(checked.buffer);
  view.setUint32(packed.length, checksum(checked, view, packed.length, implied), true);
  return { codec: codec + CHECKED, bytes: checked };
}

function checksum(bytes: Uint8Array, view: DataView, length: number, implied: string): number {
  const register = crc32cUpdate(CRC_START, bytes, view, 0, length);
  if (implied === NONE_IMPLIED) return ~register >>> 0;
  const more = Buffer.from(implied);
  return ~crc32cUpdate(register, more, new DataView(more.buffer, more.byteOffset, more.length), 0, more.length) >>> 0;
}

function compress(bytes: Uint8Array): PackedBlock {
  if (bytes.length < SMALLEST) return { codec: RAW, bytes };
  const packed = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  return packed.length < bytes.length ? { codec: BROTLI, bytes: packed } : { codec: RAW, bytes };
}

/** The exact bytes again. Throws XT_STORE_READ where they, or what was implied, are damaged. */
export function unpackBlock(codec: number, bytes: Uint8Array, implied: string): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new XTrackError('XT_STORE_READ', { detail: 'a block holds no bytes' });
  if (codec === RAW + CHECKED || codec === BROTLI + CHECKED) return expand(codec - CHECKED, checked(bytes, implied));
  return expand(codec, bytes);
}

function checked(bytes: Uint8Array, implied: string): Uint8Array {
  const length = bytes.length - CRC_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (length < 0 || view.getUint32(length, true) !== checksum(bytes, view, length, implied))
    throw new XTrackError('XT_STORE_READ', { detail: `a block of ${bytes.length} bytes does not match its checksum` });
  return bytes.subarray(0, length);
}

function expand(codec: number, bytes: Uint8Array): Uint8Array {
  try {
    if (codec === RAW) return bytes;
    if (codec === BROTLI) return brotliDecompressSync(bytes, { maxOutputLength: MAX_BLOCK });
  } catch (error) {
    throw new XTrackError('XT_STORE_READ', { detail: `a block of ${bytes.length} bytes is damaged`, cause: error });
  }
  throw new XTrackError('XT_STORE_READ', { detail: `a block has the unknown codec ${codec}` });
}

/**
 * The bytes of a block of a page. Where they are damaged: undefined, so that the page ends before it; of a page that begins with it
 * XT_STORE_READ is thrown, whose detail begins with `block ID`, so that whoever wants to can go on behind it.
 */
export function readable(id: number, begun: boolean, unpack: () => Uint8Array): Uint8Array | undefined {
  try {
    return unpack();
  } catch (error) {
    if (begun) return undefined;
    const { code, detail } = XTrackError.from(error, 'XT_STORE_READ');
    throw new XTrackError(code, { detail: `block ${id}: ${detail}`, cause: error });
  }
}
