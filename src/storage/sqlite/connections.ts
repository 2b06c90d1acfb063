// Opens the connections of a storage thread, on a full disk too: reads go on there, and the writer follows when there is room.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { XTrackError } from '../../protocol/errors.js';
import { Ballast } from '../ballast.js';
import { type Connection, isDiskFull, openAlone, openReader, openWriter } from './driver.js';
import { checkUpToDate, migrate } from './migrate.js';
import type { ThreadOptions } from './store.js';
import { SqliteWriter } from './writes/writer.js';

/** Of the ballast: the index of the write-ahead log, and the small files of a control plane that starts. */
const OPENING_BYTES = 1024 * 1024;

export interface Connections {
  readonly reader: Connection;
  /** For reads that are short, beside those that may be long; undefined where the file has room for one connection. */
  readonly quick: Connection | undefined;
  /** Undefined where the store is only read, and where there is no room to write. */
  readonly writer: SqliteWriter | undefined;
}

/** Throws XT_STORE_OPEN, XT_STORE_VERSION, XT_STORE_OLD. */
export async function openConnections(options: ThreadOptions): Promise<Connections> {
  try {
    return await openBoth(options);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return await openOnFullDisk(options);
  }
}

async function openOnFullDisk(options: ThreadOptions): Promise<Connections> {
  // A query leaves the ballast to those who write.
  if (!options.readOnly && new Ballast(options.directory).give(OPENING_BYTES) > 0) {
    try {
      return await openBoth(options);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }
  const reader = openAlone(pathOf(options.directory), options.busyFor);
  checkUpToDate(reader);
  return { reader, quick: undefined, writer: undefined };
}

async function openBoth({ directory, readOnly, writerId, busyFor }: ThreadOptions): Promise<Connections> {
  const path = pathOf(directory);
  const writer = readOnly ? undefined : await startWriter(directory, path, writerId);
  const nothing = (): XTrackError => new XTrackError('XT_STORE_OPEN', { detail: `there is no data yet in ${directory}` });
  let reader: Connection | undefined;
  try {
    if (!existsSync(path)) throw nothing();
    reader = openReader(path, busyFor);
    // A writer is making it just now.
    if (checkUpToDate(reader) === 0) throw nothing();
    return { reader, quick: openReader(path, busyFor), writer };
  } catch (error) {
    reader?.close();
    writer?.close();
    throw XTrackError.from(error, 'XT_STORE_OPEN');
  }
}

async function startWriter(directory: string, path: string, writerId: string): Promise<SqliteWriter> {
  if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(directory, 0o700);
  // Made here, since SQLite gives its side files the mode of the database.
  closeSync(openSync(path, 'a', 0o600));
  const connection = openWriter(path);
  try {
    await migrate(connection, path);
    return new SqliteWriter(path, writerId, connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

function pathOf(directory: string): string {
  return join(directory, 'xtrack.db');
}
