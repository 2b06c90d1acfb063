// A file that only takes up room, to be given up when the disk is full: what opens a store and what removes runs needs a little room itself.

import { randomBytes } from 'node:crypto';
import { constants, rmSync, statfsSync, statSync, truncateSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { XTrackError } from '../protocol/errors.js';

/** In the data directory. */
const BALLAST_FILE = 'xtrack.ballast';
/** Bytes where nobody says otherwise. */
const BALLAST_BYTES = 64 * 1024 * 1024;
/** Never more of the free space than this. */
const MOST_OF_FREE = 0.1;
/** Bytes below which it would help nobody. */
const LEAST = 64 * 1024;
/** The largest commit is about as large. */
const NEARLY_FULL = 16 * 1024 * 1024;
const PIECE = 256 * 1024;

/** Bytes asked for: `given`, else the environment's XTRACK_BALLAST, else the default. Throws XT_ARGUMENT. */
export function ballastSize(given?: number): number {
  const named = process.env.XTRACK_BALLAST;
  const bytes = given ?? (named === undefined || named === '' ? BALLAST_BYTES : Number(named));
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new XTrackError('XT_ARGUMENT', { detail: `the ballast is a number of bytes, not '${given ?? named}'`, field: 'ballastBytes' });
}

/** The ballast of one data directory; several processes may share it. */
export class Ballast {
  readonly #directory: string;
  readonly #path: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, BALLAST_FILE);
  }

  /** What it takes up now. */
  get bytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Gives so many bytes of it back to the disk, from its end; returns how many there were. Never throws. */
  give(bytes = Number.POSITIVE_INFINITY): number {
    try {
      const before = this.bytes;
      if (before <= bytes) rmSync(this.#path, { force: true });
      else truncateSync(this.#path, before - bytes);
      return Math.min(before, bytes);
    } catch {
      return 0;
    }
  }

  /** Makes it, or brings it to its size: `bytes`, and no more than a tenth of what is free. Never throws; where there is no room there is none. */
  async make(bytes: number): Promise<void> {
    try {
      const before = this.bytes;
      if (before > bytes) this.give(before - bytes);
      const goal = Math.min(bytes, Math.floor((freeBytes(this.#directory) + before) * MOST_OF_FREE));
      // Not again and again for the little by which a filling disk changes it.
      if (goal < LEAST || before >= goal / 2) return;
      await this.#fill(before, goal);
    } catch {
      // The next time.
    }
  }

  async #fill(from: number, to: number): Promise<void> {
    const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      await file.chmod(0o600);
      await write(file, from, to);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** Bytes that this process may still write in a folder. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/** Noise, since a file system that packs would make nothing of zeros; at fixed places, so that two who do so at once make one file. */
async function write(file: FileHandle, from: number, to: number): Promise<void> {
  const noise = randomBytes(PIECE);
  for (let at = from; at < to; at += PIECE) await file.write(noise, 0, Math.min(PIECE, to - at), at);
}

/** True where so little is left that a commit may not go through. */
export function isNearlyFull(directory: string): boolean {
  try {
    return freeBytes(directory) < NEARLY_FULL;
  } catch {
    return false;
  }
}
