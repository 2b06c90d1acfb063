// Small secret files of a data directory: readable by their owner alone, and never seen half written.

import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { XTrackError } from '../../protocol/errors.js';

const MODE = 0o600;

/** The file's text; undefined where there is none. Throws XT_FILE. */
export function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw XTrackError.from(error, 'XT_FILE');
  }
}

/** Puts the text in the place of what was there. Throws XT_FILE. */
export function replaceSecret(path: string, text: string): void {
  place(path, text, renameSync);
}

/** The file's text; where there is no file it is made with `fresh`, and of two processes that do so at once both get the same. Throws XT_FILE. */
export function secretOf(path: string, fresh: () => string): string {
  const there = readSecret(path);
  if (there !== undefined) {
    narrow(path);
    return there;
  }
  place(path, fresh(), linkUnlessThere);
  return readSecret(path) as string;
}

function place(path: string, text: string, put: (from: string, to: string) => void): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: MODE, flag: 'wx', flush: true });
    put(draft, path);
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  } finally {
    rmSync(draft, { force: true });
  }
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A copy or a restore may have left it open to others. */
function narrow(path: string): void {
  try {
    chmodSync(path, MODE);
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  }
}
