// The emitter's durable queue: exact wire frames in one file, written before a log call returns, so that a killed process loses nothing.
// Bytes are named by their place in the whole stream, whatever has been freed meanwhile; a memory tail stands in while the file cannot grow.

import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface SpoolOptions {
  /** A file in a folder of ours; `shared` files belong to the user: they are appended to, never cut, never deleted. */
  readonly path: string;
  readonly shared: boolean;
  /** Written first in each file: the hello frame. */
  readonly header: Uint8Array;
  /** Bytes that may wait in the file. */
  readonly limit?: number;
  /** Bytes that may wait in memory while the file cannot be written. */
  readonly memoryLimit?: number;
  /** Told once when the file fails. */
  readonly onTrouble: (error: unknown) => void;
}

const FILE_LIMIT = 1024 ** 3;
const MEMORY_LIMIT = 8 * 1024 ** 2;
/** Freed bytes in the file that are worth a rewrite, and the most that a rewrite may copy. */
const COMPACT_AT = 64 * 1024 ** 2;
const COMPACT_COPY = 4 * 1024 ** 2;
/** Milliseconds between attempts to write a file that failed. */
const RETRY = 1000;
/** Bytes of zeros that the file is made longer by: with them comes the room for a note, which a disk that is full since then cannot take away. */
const AHEAD = 16 * 1024;
/** Bytes of the longest note. */
const NOTE = 1024;
const NOTHING = new Uint8Array(0);

export class Spool {
  readonly #options: Required<SpoolOptions>;
  #fd: number | null = null;
  /** What lies behind the last frame, if anything does. */
  #note: Uint8Array = NOTHING;
  /** Bytes that the file has, zeros and all. */
  #allocated = 0;
  /** Place in the file of stream byte `#fileStart`. */
  #base = 0;
  #fileStart = 0;
  /** The file holds the stream's bytes up to here; the tail holds those after it. */
  #fileEnd = 0;
  #freed = 0;
  #tail: Uint8Array[] = [];
  #tailStart = 0;
  #tailBytes = 0;
  #retryAt = 0;

  constructor(options: SpoolOptions) {
    this.#options = { limit: FILE_LIMIT, memoryLimit: MEMORY_LIMIT, ...options };
    this.#open();
  }

  /** One past the last byte of the stream. */
  get end(): number {
    return this.#tail.length === 0 ? this.#fileEnd : this.#tailStart + this.#tailBytes;
  }

  /** First byte that can still be read: what is acknowledged stays until its room is needed, for a collector that lost it. */
  get start(): number {
    const wholeFile = this.#tail.length === 0 || this.#tailStart === this.#fileEnd;
    return wholeFile && this.#fileEnd > this.#fileStart ? this.#fileStart : this.end - this.#tailBytes;
  }

  /** True when every byte that is still needed is in the file. */
  get inFile(): boolean {
    return this.#fd !== null && this.#tail.length === 0;
  }

  get path(): string {
    return this.#options.path;
  }

  /** Takes whole frames, or false when there is no room: then nothing of them is kept. `share` of the limits may be used, 0 to 1. */
  append(frames: Uint8Array, share = 1): boolean {
    this.#rescue();
    if (this.#tail.length === 0 && this.#fd !== null) {
      if (!this.#options.shared && this.#fileEnd - this.#freed + frames.length > this.#options.limit * share) return false;
      if (this.#write(frames)) return true;
    }
    if (this.#tailBytes + frames.length > this.#options.memoryLimit * share) return false;
    if (this.#tail.length === 0) this.#tailStart = this.#fileEnd;
    this.#tail.push(frames);
    this.#tailBytes += frames.length;
    return true;
  }

  /**
   * Puts a frame behind the last one, where a reader of the file finds it after a kill; it is no part of the stream, and the next append writes over it.
   * What cannot be written is not: then nobody is worse off than without it.
   */
  note(frame: Uint8Array): void {
    const fd = this.#fd;
    if (fd === null || this.#options.shared || frame.length > NOTE) return;
    const place = this.#place(this.#fileEnd);
    try {
      writeWhole(fd, frame, place);
      this.#note = frame;
    } catch {
      // Half a note would be taken for damage: what stood there stands again.
      attempt(() => writeWhole(fd, Buffer.concat([this.#note, new Uint8Array(frame.length)]), place));
    }
  }

  /** At most `most` bytes from `from` on, in memory of their own; fewer where the file ends and the tail begins. */
  read(from: number, most: number): Uint8Array {
    if (from < this.#fileEnd) return this.#readFile(from, Math.min(most, this.#fileEnd - from));
    const parts: Uint8Array[] = [];
    let place = this.#tailStart;
    let wanted = most;
    for (const part of this.#tail) {
      const skip = Math.max(0, from - place);
      place += part.length;
      if (skip >= part.length) continue;
      if (wanted <= 0) break;
      parts.push(part.subarray(skip, skip + wanted));
      wanted -= part.length - skip;
    }
    return Buffer.concat(parts);
  }

  /** Everything before this place is acknowledged: its room can be used. */
  free(upTo: number): void {
    this.#freed = Math.max(this.#freed, Math.min(upTo, this.end));
    let first = this.#tail[0];
    while (first !== undefined && this.#tailStart + first.length <= this.#freed) {
      this.#tailStart += first.length;
      this.#tailBytes -= first.length;
      this.#tail.shift();
      first = this.#tail[0];
    }
    if (this.#tail.length === 0 && this.#tailStart > this.#fileEnd) this.#restart(this.#tailStart);
    else if (this.#freed - this.#fileStart >= COMPACT_AT && this.#fileEnd - this.#freed <= COMPACT_COPY) this.#compact();
  }

  /** True when there is a file at all. */
  get isOpen(): boolean {
    return this.#fd !== null;
  }

  /** Closes the file; `keep` false also deletes it, unless it is the user's. Returns whether the file holds everything. */
  close(keep: boolean): boolean {
    this.#rescue(true);
    const whole = this.inFile;
    const fd = this.#fd;
    if (fd === null) return false;
    if (!this.#options.shared) attempt(() => ftruncateSync(fd, this.#place(this.#fileEnd) + this.#note.length));
    closeSync(fd);
    this.#fd = null;
    if (!keep && !this.#options.shared) attempt(() => unlinkSync(this.#options.path));
    return whole;
  }

  #open(): void {
    const { path, shared, header } = this.#options;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#fd = openSync(path, shared ? 'a' : 'wx+', 0o600);
      if (shared) this.#base = fstatSync(this.#fd).size + header.length;
      else this.#base = header.length;
      writeWhole(this.#fd, header, shared ? null : 0);
      this.#allocated = this.#base;
    } catch (error) {
      if (this.#fd !== null) {
        closeSync(this.#fd);
        // Half a head says nothing, and a file that stands there already is not opened again.
        if (!shared) attempt(() => unlinkSync(path));
      }
      this.#fd = null;
      this.#retryAt = performance.now() + RETRY;
      this.#options.onTrouble(error);
    }
  }

  /** A folder that could not be written, or a file that was deleted since all was acknowledged: the stream goes on in a new one. */
  #openAgain(): void {
    this.#open();
    if (this.#fd !== null) this.#restart(this.#tail.length === 0 ? this.#fileEnd : this.#tailStart);
  }

  #write(frames: Uint8Array): boolean {
    const fd = this.#fd;
    if (fd === null) return false;
    const place = this.#place(this.#fileEnd);
    try {
      if (this.#options.shared) writeWhole(fd, frames, null);
      else {
        this.#allocate(fd, place + frames.length + NOTE);
        // Nothing of a longer note may show behind the frames.
        const rest = this.#note.length - frames.length;
        writeWhole(fd, rest > 0 ? Buffer.concat([frames, new Uint8Array(rest)]) : frames, place);
      }
      this.#fileEnd += frames.length;
      this.#note = NOTHING;
      return true;
    } catch (error) {
      // Half a frame would hide what follows it; in a shared file others may have written since, and readers resynchronise.
      if (!this.#options.shared) attempt(() => writeWhole(fd, Buffer.concat([this.#note], NOTE), place));
      this.#retryAt = performance.now() + RETRY;
      this.#options.onTrouble(error);
      return false;
    }
  }

  /** Makes the file longer where it does not reach so far: a write within it cannot fail for want of room. */
  #allocate(fd: number, upTo: number): void {
    if (upTo <= this.#allocated) return;
    writeWhole(fd, new Uint8Array(upTo - this.#allocated + AHEAD), this.#allocated);
    this.#allocated = upTo + AHEAD;
  }

  /** Moves the memory tail to the file as soon as that takes bytes again. */
  #rescue(now = false): void {
    if ((this.#fd !== null && this.#tail.length === 0) || (!now && performance.now() < this.#retryAt)) return;
    if (this.#fd === null) this.#openAgain();
    if (this.#tail.length === 0) return;
    if (this.#tailStart > this.#fileEnd) this.#restart(this.#tailStart);
    if (!this.#write(Buffer.concat(this.#tail))) return;
    this.#tail = [];
    this.#tailBytes = 0;
  }

  /** All that the file holds is acknowledged: it begins again, with the stream at `from`. */
  #restart(from: number): void {
    const fd = this.#fd;
    if (fd !== null) {
      attempt(() => ftruncateSync(fd, this.#base));
      this.#allocated = this.#base;
      this.#note = NOTHING;
    }
    this.#fileStart = from;
    this.#fileEnd = from;
  }

  /** Copies what is still needed to a new file and puts it in the old one's place, so that a kill finds one or the other whole. */
  #compact(): void {
    const { path, shared, header } = this.#options;
    const old = this.#fd;
    if (shared || old === null) return;
    const rest = this.#readFile(this.#freed, this.#fileEnd - this.#freed);
    attempt(() => {
      const fd = openSync(`${path}.new`, 'w+', 0o600);
      try {
        writeWhole(fd, header, 0);
        writeWhole(fd, rest, header.length);
        renameSync(`${path}.new`, path);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      this.#fd = fd;
      this.#fileStart = this.#freed;
      this.#allocated = header.length + rest.length;
      this.#note = NOTHING;
      closeSync(old);
    });
  }

  #readFile(from: number, length: number): Uint8Array {
    if (this.#fd === null) return new Uint8Array(0);
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const got = readSync(this.#fd, bytes, done, length - done, this.#place(from + done));
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  }

  #place(streamByte: number): number {
    return this.#base + streamByte - this.#fileStart;
  }
}

function writeWhole(fd: number, bytes: Uint8Array, place: number | null): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, place === null ? null : place + done);
}

/** For what may fail without harm: the next attempt, or the end of the run, mends it. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing to do: see above.
  }
}
