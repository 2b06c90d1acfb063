// Bytes in chunks of any size → whole frames. Holds at most one started frame, growing with the bytes that came
// and never by the length that was claimed. After damage in a file or a pipe it finds the next frame (recover mode).

import { ERRORS, type ErrorCode, XTrackError } from '../errors.js';
import { HEADER_BYTES, LIMITS } from '../limits.js';
import { type ChecksumVerdict, isMetricFrame, verifyChecksum } from './frame-checksum.js';
import { FrameScan } from './frame-scan.js';
import { HeldBytes } from './held-bytes.js';
import { parseFrame } from './parse-frame.js';

/** What a stream of frames is read for. Ranges are whole frames, their length prefix included. */
export interface FrameHandler {
  /** Takes a frame of a well-known shape at once; false leaves it to `frame`. `checked`: it carries a checksum, the right one. */
  fast(bytes: Uint8Array, start: number, end: number, checked: boolean): boolean;
  /** `oddNumbers`: there may be numbers in it that a double does not hold. */
  frame(json: Record<string, unknown>, bytes: Uint8Array, start: number, end: number, oddNumbers: boolean): void;
  /** Bytes that are no frame, in order with the frames, at most 64 KiB at a time. */
  skipped(error: XTrackError, offset: number, bytes: Uint8Array): void;
  /** The ranges handed out so far are given back behind this call. */
  chunkEnds?(): void;
}

/** A socket can send again: damage ends it. A file, a pipe or captured output cannot: go on after the damage. */
export type StreamMode = 'socket' | 'recover';

/** `{"v":`: what every emitter writes first, and what resynchronisation looks for. */
const ANCHOR = [0x7b, 0x22, 0x76, 0x22, 0x3a] as const;
const CLOSING_BRACE = 0x7d;
/** Shortest body that resynchronisation believes in. */
const SHORTEST_FOUND = 9;

export class FrameStream {
  /** Stream offset of the first byte that is neither delivered nor reported. */
  offset = 0;
  /** True once a socket stream is damaged: nothing more is read. */
  failed = false;
  maxFrame: number;
  /** From the first frame with a checksum on, one without is damage; where the peer is `sparing`, unless it is a plain metric. */
  requireChecksums = false;
  sparing = false;
  private checksummed = false;
  private readonly handler: FrameHandler;
  private readonly recover: boolean;
  private readonly held = new HeldBytes();
  private readonly scan = new FrameScan();
  /** True while `scan` is inside the frame that is being received. */
  private scanning = false;
  /** Why bytes are being skipped; undefined while frames follow each other. */
  private reason: ErrorCode | undefined;
  /** While skipping, counted from the first unreported byte: where to look for the next anchor … */
  private searched = 0;
  /** … and where the frame begins whose end has not come yet, or -1. */
  private candidate = -1;

  constructor(handler: FrameHandler, mode: StreamMode, maxFrame: number) {
    this.handler = handler;
    this.recover = mode === 'recover';
    this.maxFrame = maxFrame;
  }

  /** Bytes received but neither delivered nor reported. */
  get pending(): number {
    return this.held.length;
  }

  /** Bytes of the frame that has been started, or of what is being searched for one; 0: none. Known from its first four bytes on. */
  get started(): number {
    const { bytes, head, length } = this.held;
    return this.reason === undefined && length >= HEADER_BYTES ? HEADER_BYTES + readLength(bytes, head) : length;
  }

  /** Bytes of the frame that begins there, as far as they are of use. */
  private lengthAt(bytes: Uint8Array, at: number): number | undefined {
    return this.reason === undefined && bytes.length - at >= HEADER_BYTES ? HEADER_BYTES + readLength(bytes, at) : undefined;
  }

  /** Bytes walked outside the fast path, for tests that count the work. */
  get work(): number {
    return this.scan.walked;
  }

  /** What it delivers of `chunk`, or of what it held before, stays as it is until the handler has heard `chunkEnds`. */
  push(chunk: Uint8Array): void {
    try {
      this.read(plainView(chunk));
    } finally {
      this.handler.chunkEnds?.();
      this.held.giveBack();
    }
  }

  private read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.failed) {
      if (this.held.length === 0) {
        at = this.drain(chunk, at, chunk.length);
        this.held.append(chunk, at, chunk.length, this.lengthAt(chunk, at));
        return;
      }
      const next = Math.min(chunk.length, at + this.wanted());
      this.held.append(chunk, at, next, this.started);
      at = next;
      const { bytes, head, tail } = this.held;
      this.held.release(this.drain(bytes, head, tail) - head);
    }
  }

  /** The stream is over: what is held is a truncated frame, or the last of the bytes skipped. */
  end(): void {
    const { bytes, head, tail } = this.held;
    if (this.failed || head === tail) return;
    const base = this.offset - head;
    const cut = this.reason === undefined ? head : this.candidate < 0 ? tail : head + this.candidate;
    if (this.reason !== undefined) this.report(this.reason, bytes, head, cut, base);
    this.report('XT_FRAME_TRUNCATED', bytes, cut, tail, base);
    this.offset += tail - head;
    this.held.release(tail - head);
    this.held.giveBack();
    this.follow();
  }

  /** How many bytes more are worth taking in before looking again. */
  private wanted(): number {
    const { length } = this.held;
    if (this.reason !== undefined) return LIMITS.skippedPiece;
    if (length < HEADER_BYTES) return HEADER_BYTES - length;
    return HEADER_BYTES + readLength(this.held.bytes, this.held.head) - length;
  }

  /** Reads bytes[from, end) as far as it can; returns where the unread rest begins. */
  private drain(bytes: Uint8Array, from: number, end: number): number {
    const base = this.offset - from;
    let at = from;
    while (!this.failed) {
      if (this.reason === undefined) at = this.readFrames(bytes, at, end, base);
      if (this.reason === undefined) break;
      at = this.resync(bytes, at, end, base);
      if (this.reason !== undefined) break;
    }
    this.offset = base + at;
    return at;
  }

  /** Frame after frame until the bytes run out or one is malformed (then `reason` or `failed` is set). */
  private readFrames(bytes: Uint8Array, from: number, end: number, base: number): number {
    let at = from;
    while (end - at >= HEADER_BYTES) {
      const next = at + HEADER_BYTES + readLength(bytes, at);
      const verdict = this.readFrame(bytes, at, next, end);
      if (verdict === 'partial') break;
      if (verdict === 'taken') {
        this.scanning = false;
        at = next;
        continue;
      }
      if (this.recover) this.search(verdict);
      else {
        this.failed = true;
        this.report(verdict, bytes, at, hasBody(verdict) ? next : at + HEADER_BYTES, base);
        return end;
      }
      break;
    }
    return at;
  }

  private readFrame(bytes: Uint8Array, at: number, next: number, end: number): 'taken' | 'partial' | ErrorCode {
    const length = next - at - HEADER_BYTES;
    if (length < 2) return 'XT_FRAME_TOO_SHORT';
    if (length > this.maxFrame) return 'XT_FRAME_TOO_LARGE';
    let damaged = false;
    if (next <= end) {
      const checksum = verifyChecksum(bytes, at + HEADER_BYTES, next);
      damaged = this.isDamaged(checksum, bytes, at + HEADER_BYTES);
      if (!damaged && this.handler.fast(bytes, at, next, checksum === 'right')) return 'taken';
    } else if (!this.recover) return 'partial';
    if (!this.scanning) this.scan.reset();
    this.scanning = true;
    const state = this.scan.walk(bytes, at + HEADER_BYTES, Math.min(next, end) - at - HEADER_BYTES);
    if (state === 'depth') return 'XT_FRAME_DEPTH';
    if (state === 'values') return 'XT_FRAME_VALUES';
    if (state === 'broken') return 'XT_FRAME_JSON';
    if (next > end) return 'partial';
    if (damaged) return 'XT_FRAME_CHECKSUM';
    if (state === 'open') return 'XT_FRAME_JSON';
    const json = parseFrame(bytes, at + HEADER_BYTES, next);
    if (typeof json === 'string') return json;
    this.handler.frame(json, bytes, at, next, this.scan.oddNumbers);
    return 'taken';
  }

  private isDamaged(checksum: ChecksumVerdict, bytes: Uint8Array, start: number): boolean {
    if (checksum === 'none') return this.requireChecksums && this.checksummed && !(this.sparing && isMetricFrame(bytes, start));
    if (checksum === 'wrong') return true;
    this.checksummed = true;
    return false;
  }

  /** Begins to skip at the frame that just turned out malformed. */
  private search(reason: ErrorCode): void {
    this.reason = reason;
    this.searched = HEADER_BYTES + 1;
    this.candidate = -1;
    this.scanning = false;
  }

  /** Frames follow each other again. */
  private follow(): void {
    this.reason = undefined;
    this.scanning = false;
  }

  /**
   * Looks for the next frame: an anchor, a length before it that fits, a body that is one JSON object up to its
   * closing brace. Linear by construction (see frame-scan.ts), so that what follows the frame need not be believed:
   * on captured output it may be anything. Returns where the unreported bytes, or those after the frame, begin.
   */
  private resync(bytes: Uint8Array, from: number, end: number, base: number): number {
    let anchor = nextAnchor(bytes, from + this.searched, end);
    this.searched = 0;
    for (; anchor + ANCHOR.length <= end; anchor = nextAnchor(bytes, anchor + 1, end)) {
      const json = this.tryCandidate(bytes, anchor, end, from);
      if (json === undefined) continue;
      if (json === 'partial') break;
      const start = anchor - HEADER_BYTES;
      const next = anchor + readLength(bytes, start);
      this.report(this.reason as ErrorCode, bytes, from, start, base);
      this.follow();
      this.handler.frame(json, bytes, start, next, this.scan.oddNumbers);
      return next;
    }
    const whole = Math.max(0, anchor - HEADER_BYTES - from);
    const reported = whole - (whole % LIMITS.skippedPiece);
    this.report(this.reason as ErrorCode, bytes, from, from + reported, base);
    this.searched = anchor - from - reported;
    if (this.candidate >= 0) this.candidate = this.searched - HEADER_BYTES;
    return from + reported;
  }

  /** The JSON of the frame whose body begins at `anchor`; undefined: no frame; 'partial': its end has not come yet. */
  private tryCandidate(bytes: Uint8Array, anchor: number, end: number, from: number): Record<string, unknown> | 'partial' | undefined {
    const length = readLength(bytes, anchor - HEADER_BYTES);
    const place = anchor - HEADER_BYTES - from;
    if (this.candidate !== place) this.scan.reset();
    this.candidate = -1;
    if (length < SHORTEST_FOUND || length > this.maxFrame) return undefined;
    const available = Math.min(length, end - anchor);
    const state = this.scan.walk(bytes, anchor, available);
    if (available < length && (state === 'open' || state === 'closed')) {
      this.candidate = place;
      return 'partial';
    }
    if (state !== 'closed' || bytes[anchor + length - 1] !== CLOSING_BRACE) return undefined;
    if (this.isDamaged(verifyChecksum(bytes, anchor, anchor + length), bytes, anchor)) return undefined;
    const json = parseFrame(bytes, anchor, anchor + length);
    return typeof json === 'string' ? undefined : json;
  }

  /** Reports bytes[from, to) as skipped, in pieces. */
  private report(code: ErrorCode, bytes: Uint8Array, from: number, to: number, base: number): void {
    if (to <= from) return;
    const error = new XTrackError(code, { detail: `${ERRORS[code].summary}, at byte ${base + from}` });
    for (let at = from; at < to; at += LIMITS.skippedPiece) {
      this.handler.skipped(error, base + at, bytes.subarray(at, Math.min(to, at + LIMITS.skippedPiece)));
    }
  }
}

/** The frame's length, unsigned, big-endian; four bytes must be there. */
function readLength(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] as number) * 0x1000000;
  return high + (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
}

/** Where the next anchor begins, or where the bytes end that cannot be the start of one. */
function nextAnchor(bytes: Uint8Array, from: number, end: number): number {
  if (from >= end) return from;
  const rest = bytes.subarray(from, end);
  for (let at = rest.indexOf(ANCHOR[0]); at >= 0; at = rest.indexOf(ANCHOR[0], at + 1)) {
    if (isAnchor(rest, at)) return from + at;
  }
  return end;
}

/** True when an anchor stands at `at`, or may, its end not having come yet. */
function isAnchor(rest: Uint8Array, at: number): boolean {
  for (let i = 1; i < ANCHOR.length && at + i < rest.length; i++) {
    if (rest[at + i] !== ANCHOR[i]) return false;
  }
  return true;
}

/** True for errors found in a whole body: then all of it is refused, else only the prefix. */
function hasBody(code: ErrorCode): boolean {
  return code !== 'XT_FRAME_TOO_SHORT' && code !== 'XT_FRAME_TOO_LARGE';
}

/** A Buffer's `slice` is no copy but another look at memory that its owner will use again: what is handed out must not be one. */
function plainView(chunk: Uint8Array): Uint8Array {
  return chunk.constructor === Uint8Array ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}
