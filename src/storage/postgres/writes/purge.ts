// Deleting a run: it disappears in one statement, and its rows go in slices, so that no commit waits long.

import type { ClientBase } from 'pg';
import { encodeText } from '../../text.js';

/** No run id starts with it. */
const DELETED = '/deleted/';
/** Of a run that is not deleted: a condition on `runs`. */
export const NOT_DELETED = `run_id NOT LIKE '${DELETED}%'`;
/** Rows of one table that go in one statement; a block can hold 1 MiB. */
const SLICE = 200;

/** Tables whose rows name the run, by a column that is unique within it; large ones first. */
const TABLES = [
  ['blocks', 'number'],
  ['chunks', 'number'],
  ['chunk_groups', 'first_chunk'],
  ['tails', 'track'],
  ['tracks', 'number'],
  ['entries', 'id'],
  ['dead_letters', 'id'],
  ['warnings', 'id'],
  ['marks', 'id'],
  ['commands', 'id'],
] as const;

/** How long the workers of a deleted run are remembered. */
const BURIED = '30 days';

/** The name of a deleted run. */
export function deletedName(row: number): string {
  return `${DELETED}${row}`;
}

/** Takes the run's name away and remembers its workers; returns runs.id, or undefined where there is no such run. */
export async function tombstone(client: ClientBase, runId: string): Promise<number | undefined> {
  if (runId.startsWith(DELETED)) return undefined;
  const sql = `UPDATE runs SET run_id = '${DELETED}' || id, record = NULL, details = NULL, deleted_at = NULL WHERE run_id = $1 RETURNING id`;
  const { rows } = await client.query<{ id: number }>(sql, [encodeText(runId)]);
  const row = rows[0]?.id;
  if (row === undefined) return undefined;
  await client.query(`DELETE FROM buried WHERE at < clock_timestamp() - interval '${BURIED}'`);
  await client.query('INSERT INTO buried (run_id, worker, incarnation) SELECT $2, worker, incarnation FROM marks WHERE run = $1', [
    row,
    encodeText(runId),
  ]);
  return row;
}

/** Removes up to SLICE rows of one deleted run; true when no deleted run is left. */
export async function purgeSlice(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ id: number }>(
    `SELECT id FROM runs WHERE run_id >= '${DELETED}' AND run_id < '${DELETED}~' ORDER BY run_id LIMIT 1`,
  );
  const run = rows[0]?.id;
  if (run === undefined) return true;
  for (const [table, key] of TABLES) {
    const slice = `SELECT ${key} FROM ${table} WHERE run = $1 LIMIT ${SLICE}`;
    const { rowCount } = await client.query(`DELETE FROM ${table} WHERE run = $1 AND ${key} IN (${slice})`, [run]);
    if ((rowCount ?? 0) > 0) return false;
  }
  for (const table of ['params', 'tags', 'run_metrics', 'ungrouped']) await client.query(`DELETE FROM ${table} WHERE run = $1`, [run]);
  await client.query('DELETE FROM runs WHERE id = $1', [run]);
  return false;
}
