// Puts a backup in the place of a data directory's database: checked first, swapped in one step.

import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { XTrackError } from '../../protocol/errors.js';
import { settle } from './backup.js';
import { type Connection, numberFrom, openReader, openWriter, sqliteCode } from './driver.js';
import { checkSchema } from './migrate.js';

export interface RestoreOptions {
  /** What `backup` wrote; one that is compressed is told by its first bytes. */
  readonly file: string;
  /** Made where there is none. No control plane may run on it. */
  readonly directory: string;
  /** Replace runs that are there; their database stays beside the new one as `xtrack.db.replaced`. */
  readonly force?: boolean;
}

export interface Restored {
  readonly runs: number;
  readonly schema: number;
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const SQLITE = Buffer.from('SQLite format 3\0');

/**
 * Restores a backup; blocks this thread while it is checked. Errors: XT_FILE (no backup, or a damaged one), XT_STORE_EXISTS (there are runs,
 * and no `force`), XT_STORE_OPEN (another process has the data open), XT_STORE_VERSION (a newer XTrack wrote it).
 */
export async function restoreBackup({ file, directory, force = false }: RestoreOptions): Promise<Restored> {
  const target = join(directory, 'xtrack.db');
  if (!force) refuseRuns(target);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fresh = `${target}.${randomUUID()}.restoring`;
  try {
    await unpack(file, fresh);
    const restored = check(fresh, file);
    setAside(target);
    settle(fresh, target);
    return restored;
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(fresh + end, { force: true });
  }
}

function refuseRuns(target: string): void {
  if (!existsSync(target)) return;
  const detail = runsIn(target);
  if (detail !== undefined) throw new XTrackError('XT_STORE_EXISTS', { detail, field: '--force' });
}

/** What there is to lose; undefined: nothing. */
function runsIn(target: string): string | undefined {
  let connection: Connection | undefined;
  try {
    connection = openReader(target);
    if (numberFrom(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'runs'") === 0) return undefined;
    const runs = numberFrom(connection, 'SELECT count(*) FROM runs WHERE record IS NOT NULL');
    return runs === 0 ? undefined : `${target} holds ${runs} ${runs === 1 ? 'run' : 'runs'}`;
  } catch (error) {
    return `${target} is there and cannot be read: ${XTrackError.from(error, 'XT_STORE_OPEN').detail}`;
  } finally {
    connection?.close();
  }
}

async function unpack(file: string, to: string): Promise<void> {
  try {
    const first = await firstBytes(file);
    const steps: Duplex[] = first.subarray(0, GZIP.length).equals(GZIP) ? [createGunzip()] : [];
    await pipeline([createReadStream(file), ...steps, createWriteStream(to, { mode: 0o600, flags: 'wx' })]);
    if (!(await firstBytes(to)).equals(SQLITE)) throw new XTrackError('XT_FILE', { detail: `${file} is no backup` });
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SQLITE.length), 0, SQLITE.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function check(fresh: string, file: string): Restored {
  let connection: Connection | undefined;
  try {
    connection = openReader(fresh);
    const schema = checkSchema(connection);
    if (schema === 0) throw new XTrackError('XT_FILE', { detail: `${file} is no backup of XTrack` });
    const found = connection.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string };
    if (found.integrity_check !== 'ok') throw new XTrackError('XT_FILE', { detail: `${file} is damaged: ${found.integrity_check}` });
    return { runs: numberFrom(connection, 'SELECT count(*) FROM runs WHERE record IS NOT NULL'), schema };
  } catch (error) {
    const known = XTrackError.from(error, 'XT_FILE');
    if (known.code !== 'XT_STORE_OPEN') throw known;
    throw new XTrackError('XT_FILE', { detail: `${file} is damaged: ${known.detail}`, cause: error });
  } finally {
    connection?.close();
  }
}

/** Moves what is there out of the way, once nobody else has it open. */
function setAside(target: string): void {
  if (!existsSync(target)) return;
  closeLog(target);
  for (const end of ['-wal', '-shm', '-journal']) if (existsSync(target + end)) renameSync(target + end, `${target}.replaced${end}`);
  renameSync(target, `${target}.replaced`);
}

/** Only the last process that has a database open may end its write-ahead log. What cannot be read has no such log. */
function closeLog(target: string): void {
  let connection: Connection | undefined;
  try {
    connection = openWriter(target);
    connection.exec('PRAGMA journal_mode = DELETE');
  } catch (error) {
    const code = sqliteCode(error instanceof XTrackError ? error.cause : error);
    if (/^SQLITE_(BUSY|LOCKED)/.test(code))
      throw new XTrackError('XT_STORE_OPEN', { detail: `another process has ${target} open: end it first`, cause: error });
  } finally {
    connection?.close();
  }
}
