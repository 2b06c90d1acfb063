// A consistent copy of the database as one file, made while commits go on: through a connection of its own, so that nobody waits for it.

import { randomUUID } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, fsyncSync, openSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { XTrackError } from '../../protocol/errors.js';
import type { Connection } from './driver.js';

/** Blocks are packed already: the lowest level takes nearly all that is left, at a third of the time. */
const GZIP_LEVEL = 1;

/**
 * Copies what the connection sees to `file`, compressed where its name ends in .gz. The file is there whole and synced, or not at all.
 * Throws XT_FILE, and XT_ARGUMENT for a file of the data itself.
 */
export async function backUp(connection: Connection, directory: string, file: string): Promise<void> {
  const target = resolve(file);
  if (isDataFile(directory, target))
    throw new XTrackError('XT_ARGUMENT', { detail: `${target} is a file of the data directory itself`, field: 'file' });
  const partial = `${target}.${randomUUID()}.partial`;
  const packed = `${partial}.gz`;
  try {
    copyInto(connection, partial);
    if (target.endsWith('.gz')) await pack(partial, packed);
    settle(target.endsWith('.gz') ? packed : partial, target);
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  } finally {
    for (const path of [partial, packed]) rmSync(path, { force: true });
  }
}

/** A whole copy of the database in a new file, for this user alone. */
export function copyInto(connection: Connection, path: string): void {
  closeSync(openSync(path, 'wx', 0o600));
  connection.prepare('VACUUM INTO ?').run(path);
}

/** Syncs a file, and gives it its name for good. */
export function settle(path: string, name: string): void {
  sync(path);
  renameSync(path, name);
  sync(dirname(name));
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

async function pack(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createGzip({ level: GZIP_LEVEL }), createWriteStream(to, { mode: 0o600, flags: 'wx' }));
}

/** True for xtrack.db and the files beside it, whatever path leads there. */
function isDataFile(directory: string, target: string): boolean {
  try {
    return realpathSync(dirname(target)) === realpathSync(directory) && basename(target).startsWith('xtrack.db');
  } catch {
    return target.startsWith(join(resolve(directory), 'xtrack.db'));
  }
}
