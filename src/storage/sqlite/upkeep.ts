// What keeps the file in good order beside the runs' own life: the trash, old log lines, space that is given back.

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { freeBytes } from '../ballast.js';
import type { Compacted } from '../store.js';
import { type Connection, isDiskFull, numberFrom } from './driver.js';

/** Rows looked at, or pages moved, in one transaction. */
const SLICE = 1_000;
/** Pages moved at once on a full disk. */
const LEAST_SLICE = 4;
/** PRAGMA auto_vacuum: free pages can be taken out of the file bit by bit. */
const INCREMENTAL = 2;

/** False: no such run. */
export function setDeleted(connection: Connection, runId: string, at: number | null): boolean {
  const { changes } = connection.prepare('UPDATE runs SET deleted_at = ? WHERE run_id = ? AND record IS NOT NULL').run(at, runId);
  return changes > 0;
}

export interface LogSlice {
  /** entries.id of the last line looked at; undefined: that was the end. */
  readonly last: number | undefined;
  readonly removed: number;
}

/** Removes those of the next log lines of a run that are from before a time (µs since the epoch). */
export function deleteLogSlice(connection: Connection, runId: string, before: number, after: number): LogSlice {
  const rows = connection
    .prepare(
      `SELECT id, json_extract(record, '$.ts') AS ts FROM entries
       WHERE run = (SELECT id FROM runs WHERE run_id = ?) AND kind = 'log' AND id > ? ORDER BY id LIMIT ${SLICE}`,
    )
    .all(runId, after) as { id: number; ts: number }[];
  const remove = connection.prepare('DELETE FROM entries WHERE id = ?');
  const old = rows.filter(({ ts }) => ts < before);
  for (const { id } of old) remove.run(id);
  return { last: rows.at(-1)?.id, removed: old.length };
}

/** Bytes in the large columns of a run; their rows and indexes come on top. */
export function runBytes(connection: Connection, runId: string): number {
  const run = `(SELECT id FROM runs WHERE run_id = ?)`;
  const chunks = `chunks WHERE track IN (SELECT id FROM tracks WHERE run = ${run})`;
  const sums = [
    `SELECT sum(length(bytes)) AS size FROM blocks WHERE run = ${run}`,
    `SELECT sum(length(record)) AS size FROM entries WHERE run = ${run}`,
    `SELECT sum(length(cells)) AS size FROM ${chunks}`,
    `SELECT sum(length(data)) AS size FROM chunk_data WHERE chunk IN (SELECT id FROM ${chunks})`,
    `SELECT length(record) + length(details) AS size FROM runs WHERE run_id = ?`,
  ].map((sql) => (connection.prepare(sql).get(runId) as { size: number | null } | undefined)?.size ?? 0);
  return sums.reduce((sum, size) => sum + size, 0);
}

/** Gives free pages back to the disk, some at a time. `breathe`: lets commits go first. */
export async function compact(connection: Connection, breathe: () => Promise<void>): Promise<Compacted> {
  const before = fileBytes(connection);
  await shrink(connection, breathe);
  checkpoint(connection);
  return { before, after: fileBytes(connection) };
}

/**
 * Everything in the write-ahead log goes to its place, and the log's own room back to the disk; as far as nobody reads in it. Where the
 * file would have to grow by more than is free it is left alone: half a checkpoint takes the room and gives none.
 */
export function checkpoint(connection: Connection): void {
  if (growth(connection) > 0) return;
  try {
    connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

/** Bytes by which the file must grow for a checkpoint, beyond what is free. */
function growth(connection: Connection): number {
  const [main] = connection.prepare('PRAGMA database_list').all() as { file: string }[];
  if (main === undefined || main.file === '') return 0;
  return fileBytes(connection) - statSync(main.file).size - freeBytes(dirname(main.file));
}

async function shrink(connection: Connection, breathe: () => Promise<void>): Promise<void> {
  if (numberFrom(connection, 'PRAGMA auto_vacuum') !== INCREMENTAL) {
    // A file from before there was this setting: once, the whole of it is written anew.
    ifThereIsRoom(() => connection.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}; VACUUM`));
    return;
  }
  let slice = SLICE;
  for (let left = numberFrom(connection, 'PRAGMA freelist_count'); left > 0; ) {
    const moved = ifThereIsRoom(() => connection.exec(`PRAGMA incremental_vacuum(${slice})`));
    if (!moved) {
      if (slice <= LEAST_SLICE) return;
      slice = Math.max(LEAST_SLICE, Math.floor(slice / 8));
    }
    // Where there is hardly any room, the log is written from its beginning again.
    if (slice < SLICE) checkpoint(connection);
    const now = numberFrom(connection, 'PRAGMA freelist_count');
    // Pages that come free in the meantime are for the next time.
    if (moved && now >= left) return;
    left = now;
    await breathe();
  }
}

/** False: the disk is too full for it. */
function ifThereIsRoom(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return false;
  }
}

function fileBytes(connection: Connection): number {
  return numberFrom(connection, 'PRAGMA page_count') * numberFrom(connection, 'PRAGMA page_size');
}
