// Deleting a run: it disappears in one small transaction, and its rows go in slices, so that no commit waits long.

import { type Connection, numberFrom } from '../driver.js';
import { LEVELS_PER_GROUP } from './group-writer.js';

/** No run id starts with it. */
const DELETED = '/deleted/';
/** Rows of one table that go in one transaction; a block can hold 1 MiB. */
export const PURGE_SLICE = 200;

/** Tables whose rows name the run, large ones first. */
const TABLES = ['blocks', 'entries', 'dead_letters', 'warnings', 'marks', 'commands'] as const;

/** How long the workers of a deleted run are remembered (ms). */
const BURIED_MS = 30 * 24 * 3_600_000;

/** The name of a deleted run. */
export function deletedName(row: number): string {
  return `${DELETED}${row}`;
}

/** Takes the run's name away and remembers its workers; returns runs.id, or undefined where there is no such run. */
export function tombstone(connection: Connection, runId: string): number | undefined {
  if (runId.startsWith(DELETED)) return undefined;
  const found = connection
    .prepare(`UPDATE runs SET run_id = '${DELETED}' || id, record = NULL, details = NULL, deleted_at = NULL WHERE run_id = ? RETURNING id`)
    .get(runId) as { id: number } | undefined;
  if (found !== undefined) bury(connection, runId, found.id);
  return found?.id;
}

function bury(connection: Connection, runId: string, row: number): void {
  const now = Date.now();
  connection.prepare('DELETE FROM buried WHERE at < ?').run(now - BURIED_MS);
  connection
    .prepare('INSERT OR REPLACE INTO buried (run_id, worker, incarnation, at) SELECT ?, worker, incarnation, ? FROM marks WHERE run = ?')
    .run(runId, now, row);
}

/** Removes up to `slice` rows of one deleted run; true when no deleted run is left. */
export function purgeSlice(connection: Connection, slice = PURGE_SLICE): boolean {
  const run = numberFrom(connection, `SELECT id FROM runs WHERE run_id >= '${DELETED}' AND run_id < '${DELETED}~' LIMIT 1`);
  if (run === 0) return true;
  for (const table of TABLES) {
    const { changes } = connection
      .prepare(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE run = ? LIMIT ${slice})`)
      .run(run);
    if (changes > 0) return false;
  }
  if (purgeTrack(connection, run, slice)) return false;
  for (const table of ['params', 'tags', 'run_metrics', 'revisions']) connection.prepare(`DELETE FROM ${table} WHERE run = ?`).run(run);
  connection.prepare('DELETE FROM runs WHERE id = ?').run(run);
  return false;
}

/** Removes chunks of one track, or the track when it has none left; false when the run has no track. */
function purgeTrack(connection: Connection, run: number, slice: number): boolean {
  const track = numberFrom(connection, `SELECT id FROM tracks WHERE run = ${run} LIMIT 1`);
  if (track === 0) return false;
  const chunks = `SELECT id FROM chunks WHERE track = ${track} LIMIT ${slice}`;
  connection.prepare(`DELETE FROM chunk_data WHERE chunk IN (${chunks})`).run();
  const { changes } = connection.prepare(`DELETE FROM chunks WHERE id IN (${chunks})`).run();
  if (changes > 0) return true;
  const levels = `SELECT c.id FROM group_cells c JOIN chunk_groups g ON c.id BETWEEN g.id * ${LEVELS_PER_GROUP} AND (g.id + 1) * ${LEVELS_PER_GROUP} - 1
    WHERE g.track = ${track}`;
  connection.prepare(`DELETE FROM group_cells WHERE id IN (${levels})`).run();
  connection.prepare('DELETE FROM chunk_groups WHERE track = ?').run(track);
  connection.prepare('DELETE FROM tracks WHERE id = ?').run(track);
  return true;
}
