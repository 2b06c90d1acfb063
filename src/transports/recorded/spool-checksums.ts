// The checksums beside a spool file: tells the records that are what their writer wrote from those that are damaged.
// docs/format/spool.md has the layout. A server reads what any process of its user left, so nothing in it is believed.

import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { XTrackError } from '../../protocol/index.js';
import { declaration, firstSeq, undeclared } from './spool-tally.js';

/** The first page of a spool file, and of its sidecar (bytes). */
const PAGE = 4096;
/** One checksum for so many bytes of the spool file, each of 4 bytes. */
const CELL = 64;
/** A longer file was not written by an emitter, and is read without checksums (bytes). */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_FRAME = 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
/** Stands for a CRC of 0, since 0 means that there is none. */
const EMPTY = 0xffffffff;
const MAGIC = Buffer.from('XCR1');
const ANCHOR = Buffer.from('{"v":');
const SEQ = /^\{"v":1,"t":"[a-z_]{1,64}","m":\{"seq":(\d{1,16})[,}]/;

/** What lies at `offset` of a spool file: whole frames, or a damaged stretch with the reason. */
export interface SpoolPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly error: XTrackError | undefined;
}

/** `x.spool` → `x.crc`. */
export function sidecarOf(path: string): string {
  return path.replace(/\.[^./]*$/, '.crc');
}

async function readAtMost(path: string, most: number): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size > most) return undefined;
    const bytes = Buffer.alloc(size);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await file.read(bytes, done, size - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

const checksum = (bytes: Uint8Array): number => crc32(bytes) || EMPTY;

/** The sidecar of one spool file. */
export class SpoolChecksums {
  /** The spool file's first page as it was made. */
  readonly page: Uint8Array;
  private readonly table: Buffer;
  private readonly cells: DataView;
  private readonly littleEndian: boolean;
  /** Cells up to the last one in which a record begins. */
  private readonly used: number;

  private constructor(page: Uint8Array, table: Buffer, littleEndian: boolean) {
    this.page = page;
    this.table = table;
    this.cells = new DataView(table.buffer, table.byteOffset, table.length);
    this.littleEndian = littleEndian;
    let used = Math.floor(table.length / 4);
    while (used > 0 && this.cells.getUint32((used - 1) * 4) === 0) used -= 1;
    this.used = used;
  }

  /** Those beside the spool file at `path`; undefined when there are none, or they are damaged themselves. */
  static async beside(path: string): Promise<SpoolChecksums | undefined> {
    if (!path.endsWith('.spool')) return undefined;
    const bytes = await readAtMost(sidecarOf(path), PAGE + MOST_BYTES / 16);
    if (bytes === undefined || bytes.length < PAGE + 8) return undefined;
    const [page, table] = [bytes.subarray(0, PAGE), bytes.subarray(PAGE)];
    const littleEndian = table.subarray(0, 4).equals(MAGIC);
    if (!littleEndian && !Buffer.from(table.subarray(0, 4)).reverse().equals(MAGIC)) return undefined;
    const found = new SpoolChecksums(page, table, littleEndian);
    return found.at(CELL) === checksum(page) ? found : undefined;
  }

  /** The spool file at `path` piece by piece: its first page, frames that match, what does not, and what is noted as dropped. Undefined when it is no spool file. */
  async read(path: string): Promise<Iterable<SpoolPiece> | undefined> {
    const file = await readAtMost(path, MOST_BYTES);
    return file === undefined || file.length < PAGE ? undefined : this.pieces(file);
  }

  private *pieces(file: Buffer): Iterable<SpoolPiece> {
    yield { offset: 0, bytes: this.page, error: undefined };
    let last = firstSeq(file) - 1;
    for (const piece of this.records(file)) {
      if (piece.error === undefined) last = Number(lastSeq(file, piece.offset, piece.offset + piece.bytes.length) ?? last);
      yield piece;
    }
    const gap = declaration(this.page, undeclared(this.table, this.littleEndian, last), last);
    if (gap !== undefined) yield { offset: file.length, bytes: gap, error: undefined };
  }

  private *records(file: Buffer): Iterable<SpoolPiece> {
    const budget = { bytes: 8 * file.length + MOST_FRAME };
    let at = PAGE;
    while (at + 4 <= file.length) {
      const end = this.runFrom(file, at, budget);
      if (end > at) yield { offset: at, bytes: file.subarray(at, end), error: undefined };
      const before = lastSeq(file, at, end);
      at = end;
      if (this.lengthAt(file, at, budget) > 0) continue;
      const next = this.nextAfter(file, at, budget);
      const stop = next ?? usedEnd(file, at);
      // A body and its checksum without a length: the call was killed before it returned.
      if (next === undefined && file.readUInt32BE(Math.min(at, file.length - 4)) === 0) return;
      if (stop > at) yield { offset: at, bytes: file.subarray(at, stop), error: damage(at, stop, before) };
      if (next === undefined) return;
      at = next;
    }
  }

  /** Where the whole frames end that begin at `start`, a piece of them at most. */
  private runFrom(file: Buffer, start: number, budget: { bytes: number }): number {
    let at = start;
    while (at - start < PIECE_BYTES) {
      const length = this.lengthAt(file, at, budget);
      if (length === 0) break;
      at += 4 + length;
    }
    return at;
  }

  /** Length of the frame's body at `at`; 0 when none is there that matches its checksum. */
  private lengthAt(file: Buffer, at: number, budget: { bytes: number }): number {
    const length = at + 4 <= file.length ? file.readUInt32BE(at) : 0;
    if (length < 2 || length > Math.min(MOST_FRAME, file.length - at - 4, budget.bytes)) return 0;
    const expected = this.at(at);
    // None was noted, or it was lost with the power: then only the shape can tell.
    if (expected === 0) return startsFrame(file, at) && file[at + 3 + length] === 0x7d ? length : 0;
    budget.bytes -= length;
    return checksum(file.subarray(at + 4, at + 4 + length)) === expected ? length : 0;
  }

  /** Where the first frame behind a damaged one begins whose checksum matches. */
  private nextAfter(file: Buffer, damaged: number, budget: { bytes: number }): number | undefined {
    for (let cell = Math.floor(damaged / CELL) + 1; cell < this.used; cell += 1) {
      if (this.at(cell * CELL) === 0) continue;
      for (let at = cell * CELL; at < cell * CELL + CELL; at += 1) {
        if (startsFrame(file, at) && this.lengthAt(file, at, budget) > 0) return at;
      }
    }
    return undefined;
  }

  /** The checksum of the record that begins at `offset`; 0 for none. */
  private at(offset: number): number {
    const cell = Math.floor(offset / CELL);
    return cell < this.used ? this.cells.getUint32(cell * 4, this.littleEndian) : 0;
  }
}

function startsFrame(file: Buffer, at: number): boolean {
  return at + 4 + ANCHOR.length <= file.length && file.compare(ANCHOR, 0, ANCHOR.length, at + 4, at + 4 + ANCHOR.length) === 0;
}

/** Seq of the last frame in a range of whole ones. */
function lastSeq(file: Buffer, start: number, end: number): string | undefined {
  let last = start;
  for (let at = start; at < end; at += 4 + file.readUInt32BE(at)) last = at;
  return last < end ? SEQ.exec(file.toString('latin1', last + 4, Math.min(end, last + 128)))?.[1] : undefined;
}

function damage(from: number, to: number, after: string | undefined): XTrackError {
  const where = after === undefined ? '' : `, behind event ${after}`;
  return new XTrackError('XT_SPOOL_DAMAGED', { detail: `${to - from} bytes at offset ${from}${where} do not match their checksum` });
}

/** Length without the zeros at the end, `least` at least. */
function usedEnd(bytes: Uint8Array, least: number): number {
  let length = bytes.length;
  while (length > least && bytes[length - 1] === 0) length -= 1;
  return length;
}
