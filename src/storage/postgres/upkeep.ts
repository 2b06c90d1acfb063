// What keeps a database in good order beside the runs' own life: the trash, old log lines, how much room a run takes.

import type { ClientBase } from 'pg';
import type { LogEntry } from '../../protocol/events.js';
import { decodeJson, encodeText } from '../text.js';

/** Log lines that are looked at in one statement. */
const SLICE = 1_000;

const RUN = '(SELECT id FROM runs WHERE run_id = $1)';

/** False: no such run. */
export async function setDeleted(client: ClientBase, runId: string, at: number | null): Promise<boolean> {
  const sql = 'UPDATE runs SET deleted_at = $2 WHERE run_id = $1 AND record IS NOT NULL';
  return ((await client.query(sql, [encodeText(runId), at])).rowCount ?? 0) > 0;
}

interface LogSlice {
  /** entries.id of the last line looked at; undefined: that was the end. */
  readonly last: number | undefined;
  readonly removed: number;
}

/** Removes those of the next log lines of a run that are from before a time (µs since the epoch). */
export async function deleteLogSlice(client: ClientBase, runId: string, before: number, after: number): Promise<LogSlice> {
  // The server cannot look into a record that holds a NUL.
  const sql = `SELECT id, record FROM entries WHERE run = ${RUN} AND kind = 'log' AND id > $2 ORDER BY id LIMIT ${SLICE}`;
  const { rows } = await client.query<{ id: number; record: string }>(sql, [encodeText(runId), after]);
  const old = rows.filter(({ record }) => decodeJson<LogEntry>(record).ts < before).map(({ id }) => id);
  if (old.length > 0) await client.query('DELETE FROM entries WHERE id = ANY ($1::bigint[])', [old]);
  return { last: rows.at(-1)?.id, removed: old.length };
}

/** Bytes in the large columns of a run; their rows and indexes come on top. */
export async function runBytes(client: ClientBase, runId: string): Promise<number> {
  const points = ['seq', 'step', 'epoch', 'ts', 'value'].map((column) => `coalesce(pg_column_size(${column}), 0)`).join(' + ');
  const sums = [
    `SELECT sum(octet_length(bytes)) AS size FROM blocks WHERE run = ${RUN}`,
    `SELECT sum(pg_column_size(record)) AS size FROM entries WHERE run = ${RUN}`,
    `SELECT sum(pg_column_size(cells) + ${points}) AS size FROM chunks WHERE run = ${RUN}`,
    `SELECT sum(${points}) AS size FROM tails WHERE run = ${RUN}`,
    `SELECT pg_column_size(record) + pg_column_size(details) AS size FROM runs WHERE run_id = $1`,
  ];
  const sql = `SELECT coalesce(sum(size), 0)::bigint AS size FROM (${sums.join(' UNION ALL ')}) AS parts`;
  return (await client.query<{ size: number }>(sql, [encodeText(runId)])).rows[0]?.size ?? 0;
}
