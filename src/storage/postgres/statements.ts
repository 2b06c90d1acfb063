// The statements of a commit: each table gets one, whatever the number of rows, with a parameter a column.

import type { ClientBase } from 'pg';
import { NOT_DELETED } from './writes/purge.js';
import { HEAD_COLUMNS } from './writes/tails.js';

/** Columns of `chunks` that are the summary of all its points, in the order of summary.ts. */
const SUMMARY_COLUMNS = [
  'count',
  'finite',
  'min',
  'max',
  'sum',
  'first',
  'last',
  'first_step',
  'last_step',
  'step_min',
  'step_max',
  'first_ts',
  'last_ts',
] as const;

const slice = (column: string, place: string): string => `(${column}::float8[])[r.${place} : r.${place} + r.count - 1]`;
const optional = (column: string, place: string): string => `CASE WHEN r.${place} > 0 THEN ${slice(column, place)} END`;

/** seq, step, epoch, ts, value of a row `r` out of the shared arrays $7 to $11. */
const POINTS = [slice('$7', 'at'), optional('$8', 'step_at'), optional('$9', 'epoch_at'), slice('$10', 'at'), slice('$11', 'at')].join(
  ', ',
);
const SUMMARY = Array.from({ length: 15 }, (_, field) => `($15::float8[])[15 * (r.i - 1) + ${field + 1}]`).join(', ');

const STATEMENTS = {
  begin: 'SELECT begin_commit($1, $2)',
  breathe: 'INSERT INTO writers (id, last_commit) VALUES ($1, 0) ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()',
  getRevisions: 'SELECT run_id, revision FROM runs WHERE run_id = ANY ($1::text[])',
  lockRuns: `SELECT ${HEAD_COLUMNS}, details IS NULL AS bare, revision FROM runs WHERE run_id = ANY ($1::text[]) ORDER BY id FOR UPDATE`,
  insertRuns: `INSERT INTO runs (run_id) SELECT unnest($1::text[]) ON CONFLICT (run_id) DO UPDATE SET run_id = excluded.run_id
    RETURNING ${HEAD_COLUMNS}, details IS NULL AS bare, revision`,
  updateRuns: `UPDATE runs SET
      name = CASE WHEN r.record IS NULL THEN runs.name ELSE r.name END,
      folded_name = coalesce(r.folded_name, runs.folded_name),
      status = coalesce(r.status, runs.status),
      experiment = CASE WHEN r.record IS NULL THEN runs.experiment ELSE r.experiment END,
      parent = CASE WHEN r.record IS NULL THEN runs.parent ELSE r.parent END,
      created_at = CASE WHEN r.record IS NULL THEN runs.created_at ELSE r.created_at END,
      started_at = CASE WHEN r.record IS NULL THEN runs.started_at ELSE r.started_at END,
      ended_at = CASE WHEN r.record IS NULL THEN runs.ended_at ELSE r.ended_at END,
      record = coalesce(r.record::json, runs.record), details = coalesce(r.details::json, runs.details),
      last_block = greatest(runs.last_block, r.last_block), last_chunk = greatest(runs.last_chunk, r.last_chunk),
      last_track = greatest(runs.last_track, r.last_track), tail_block = greatest(runs.tail_block, r.tail_block),
      tail_chunk = greatest(runs.tail_chunk, r.tail_chunk),
      revision = CASE WHEN r.record IS NULL THEN runs.revision ELSE coalesce(r.revision, -abs(runs.revision) - 1) END,
      unsettled = greatest(runs.tail_block, r.tail_block) < greatest(runs.last_block, r.last_block)
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
      $10::bigint[], $11::bigint[], $12::integer[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[])
      AS r (id, name, folded_name, status, experiment, parent, created_at, record, details,
        last_block, last_chunk, last_track, tail_block, tail_chunk, started_at, ended_at, revision)
    WHERE runs.id = r.id`,
  clearTags: 'DELETE FROM tags WHERE run = ANY ($1::bigint[])',
  insertTags: `INSERT INTO tags (run, key, value, number, text, folded)
    SELECT r.run, r.key, r.value, nullif(r.number, 'NaN'), r.text, r.folded
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::text[], $6::text[]) AS r (run, key, value, number, text, folded)`,
  insertBlocks: `INSERT INTO blocks (run, number, codec, events, implied, bytes)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::text[], $6::bytea[])`,
  insertTracks: `INSERT INTO tracks (run, number, key, phase, worker, aggregation, incarnation, stats)
    SELECT r.*, $8::float8[] FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS r`,
  updateStats: `UPDATE tracks SET stats = ($3::float8[])[13 * (r.i - 1) + 1 : 13 * r.i]
    FROM unnest($1::bigint[], $2::integer[]) WITH ORDINALITY AS r (run, number, i) WHERE tracks.run = r.run AND tracks.number = r.number`,
  insertChunks: `INSERT INTO chunks (run, number, track, cells, first_seq, last_seq, ${SUMMARY_COLUMNS.join(', ')}, seq, step, epoch, ts, value)
    SELECT r.run, r.number, r.track, ($16::float8[])[r.cell_at : r.cell_at + r.cells - 1], ${SUMMARY}, ${POINTS}
    FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $12::bigint[], $13::integer[],
      $14::integer[]) WITH ORDINALITY AS r (run, track, count, at, step_at, epoch_at, number, cell_at, cells, i)`,
  // The lock: whoever deletes the run waits, or has deleted it before.
  insertGroups: `WITH living AS (SELECT id FROM runs WHERE id = $1 AND ${NOT_DELETED} FOR KEY SHARE)
    INSERT INTO chunk_groups (run, track, first_chunk, last_chunk, first_seq, last_seq, count, whole, level_0, level_1, level_2, level_3)
    SELECT id, $2::integer, g.* FROM living, unnest($3::bigint[], $4::bigint[], $5::float8[], $6::float8[], $7::integer[],
      $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[]) AS g
    ON CONFLICT DO NOTHING`,
  deleteTails: `DELETE FROM tails USING unnest($1::bigint[], $2::integer[]) AS r (run, track)
    WHERE tails.run = r.run AND tails.track = r.track`,
  upsertTails: `INSERT INTO tails (run, track, seq, step, epoch, ts, value)
    SELECT r.run, r.track, ${POINTS}
    FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[])
      AS r (run, track, count, at, step_at, epoch_at)
    ON CONFLICT (run, track) DO UPDATE SET
      seq = excluded.seq, step = excluded.step, epoch = excluded.epoch, ts = excluded.ts, value = excluded.value`,
  upsertMarks: `INSERT INTO marks (run, worker, incarnation, record)
    SELECT r.run, r.worker, r.incarnation, r.record::json
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS r (run, worker, incarnation, record)
    ON CONFLICT (run, md5(worker), md5(incarnation)) DO UPDATE SET record = excluded.record`,
  upsertParams: `INSERT INTO params (run, key, record, number, text, folded)
    SELECT r.run, r.key, r.record::json, nullif(r.number, 'NaN'), r.text, r.folded
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::text[], $6::text[]) AS r (run, key, record, number, text, folded)
    ON CONFLICT (run, md5(key)) DO UPDATE SET
      record = excluded.record, number = excluded.number, text = excluded.text, folded = excluded.folded`,
  upsertMetrics: `INSERT INTO run_metrics (run, key, phase, count, min, max, first, last)
    SELECT r.run, r.key, r.phase, r.count, nullif(r.min, 'NaN'), nullif(r.max, 'NaN'), nullif(r.first, 'NaN'), nullif(r.last, 'NaN')
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[])
      AS r (run, key, phase, count, min, max, first, last)
    ON CONFLICT (run, md5(key), phase) DO UPDATE SET
      count = excluded.count, min = excluded.min, max = excluded.max, first = excluded.first, last = excluded.last`,
  insertEntries: `INSERT INTO entries (run, kind, level, record)
    SELECT r.run, r.kind, r.level, r.record::json
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS r (run, kind, level, record, i) ORDER BY r.i`,
  upsertCommands: `INSERT INTO commands (run, command_id, record)
    SELECT r.run, r.command_id, r.record::json
    FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS r (run, command_id, record, i) ORDER BY r.i
    ON CONFLICT (run, md5(command_id)) DO UPDATE SET record = excluded.record`,
  insertWarnings: `INSERT INTO warnings (run, record)
    SELECT r.run, r.record::json FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS r (run, record, i) ORDER BY r.i`,
  insertDeadLetters: `INSERT INTO dead_letters (run, at, code, bytes)
    SELECT r.run, r.at, r.code, r.bytes
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[]) WITH ORDINALITY AS r (run, at, code, bytes, i) ORDER BY r.i`,
  notify: 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload',
} as const;

type StatementName = keyof typeof STATEMENTS;

/** A statement with its parameters: arrays in binary form, or plain texts and numbers. */
export interface Command {
  readonly name: StatementName;
  readonly values: readonly (Buffer | string | number)[];
}

/** Sends the commands without waiting in between; resolves to the rows of each. Rejects with what failed first. */
export async function send(client: ClientBase, commands: readonly Command[]): Promise<unknown[][]> {
  const sent = commands.map(({ name, values }) => client.query({ name, text: STATEMENTS[name], values: [...values] }));
  const outcomes = await Promise.allSettled(sent);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value.rows as unknown[];
  });
}
