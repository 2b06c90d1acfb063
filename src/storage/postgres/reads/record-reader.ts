// Reads runs and their records, in slices where a read can be long.

import type { ClientBase, Pool } from 'pg';
import { bareRecord, recordMentions, wantedStatuses } from '../../filters.js';
import { readable, unpackBlock } from '../../points/block-codec.js';
import { RUN_COLUMNS } from '../../run-columns.js';
import type { BuriedWorker, DeadLetter, EntryQuery, RunQuery } from '../../store.js';
import { decodeText, encodeText } from '../../text.js';
import type { RunColumns } from '../../thread/calls.js';
import { ownMemory, type StoredBlock } from '../../thread/rows.js';
import { copyRows, inSnapshot } from '../driver.js';
import { runBytes } from '../upkeep.js';
import { int2, int4, int8, text } from '../writes/copy-out.js';

/** Rows of one slice of a long read. */
const SLICE = 1_000;
/** A page of blocks ends after so many stored bytes or blocks. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_BLOCKS = 64;

/** A writer that has not been heard of for so long is gone. */
const LEASE = '45 seconds';

interface RecordRow {
  readonly id: number;
  readonly record: string;
}

type Value = string | number | readonly string[] | null;

export class RecordReader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Nobody could say so while the server was away: then all count as living for as long as a lease is. */
  async livingWriters(): Promise<string[]> {
    const sql = `SELECT id FROM writers WHERE greatest(seen_at, pg_postmaster_start_time()) > clock_timestamp() - interval '${LEASE}'`;
    return (await this.#query<{ id: string }>(sql, [])).map(({ id }) => id);
  }

  async revision(runId: string): Promise<number> {
    const [row] = await this.#query<{ revision: number }>('SELECT revision FROM runs WHERE run_id = $1', [encodeText(runId)]);
    return row?.revision ?? 0;
  }

  async buried(runId: string): Promise<BuriedWorker[]> {
    const rows = await this.#query<BuriedWorker>('SELECT worker, incarnation FROM buried WHERE run_id = $1', [encodeText(runId)]);
    return rows.map(({ worker, incarnation }) => ({ worker: decodeText(worker), incarnation: decodeText(incarnation) }));
  }

  async getRun(runId: string): Promise<RunColumns | undefined> {
    const sql = `SELECT ${RUN_COLUMNS} FROM runs WHERE run_id = $1 AND record IS NOT NULL`;
    return (await this.#query<RunColumns>(sql, [encodeText(runId)]))[0];
  }

  async findRuns(query: RunQuery): Promise<RunColumns[]> {
    const { conditions, values } = runConditions(query);
    const sql = `SELECT ${RUN_COLUMNS} FROM runs WHERE ${conditions.join(' AND ')}
      ORDER BY created_at DESC, run_id DESC LIMIT $${values.length + 1} OFFSET $${values.length + 2}`;
    return await this.#query<RunColumns>(sql, [...values, query.limit ?? null, query.offset ?? 0]);
  }

  /** The JSON records of one of the tables that hold few rows a run, in the order written. */
  async recordsOf(table: 'marks' | 'commands' | 'warnings', runId: string): Promise<string[]> {
    const sql = `SELECT record FROM ${table} WHERE run = (SELECT id FROM runs WHERE run_id = $1) ORDER BY id`;
    return (await this.#query<RecordRow>(sql, [encodeText(runId)])).map(({ record }) => record);
  }

  async deadLetters(runId: string): Promise<DeadLetter[]> {
    return await inSnapshot(this.#pool, async (client) => {
      const letters: DeadLetter[] = [];
      const run = await rowOf(client, runId);
      if (run === undefined) return letters;
      await copyRows(client, `SELECT at, code, bytes FROM dead_letters WHERE run = ${run} ORDER BY id`, (fields) => {
        letters.push({ runId, at: int8(fields[0]), code: decodeText(text(fields[1])), bytes: new Uint8Array(fields[2] as Buffer) });
      });
      return letters;
    });
  }

  async runBytes(runId: string): Promise<number> {
    return await inSnapshot(this.#pool, (client) => runBytes(client, runId));
  }

  async getEntries(query: EntryQuery): Promise<string[]> {
    return await inSnapshot(this.#pool, async (client) => {
      const run = await rowOf(client, query.runId);
      if (run === undefined) return [];
      const found = query.kind === 'param' ? await params(client, run, query) : await entries(client, run, query);
      const page = query.newest === true ? found.reverse() : found;
      return query.bare === true ? page.map(bareRecord) : page;
    });
  }

  async countEntries(query: EntryQuery): Promise<number> {
    const { text: needle } = query;
    if (query.kind === 'log' && needle !== undefined) return await inSnapshot(this.#pool, (client) => countMentions(client, query, needle));
    const levels = query.kind === 'log' ? query.levels : undefined;
    const [table, condition, values] =
      query.kind === 'param'
        ? ['params', 'TRUE', []]
        : ['entries', `kind = $2 ${levels === undefined ? '' : 'AND level = ANY ($3::text[])'}`, [query.kind, ...(levels ? [levels] : [])]];
    const sql = `SELECT count(*)::int AS count FROM ${table} WHERE run = (SELECT id FROM runs WHERE run_id = $1) AND ${condition}`;
    const [row] = await this.#query<{ count: number }>(sql, [encodeText(query.runId), ...values]);
    return row?.count ?? 0;
  }

  /** One page; empty: no more. */
  async readBlocks(runId: string, after: number): Promise<StoredBlock[]> {
    return await inSnapshot(this.#pool, async (client) => {
      const page: StoredBlock[] = [];
      const run = await rowOf(client, runId);
      let damaged = false;
      if (run === undefined) return page;
      // Sizes come without the bytes, which are read for the page alone.
      const sql = `SELECT number, codec, events, implied, bytes FROM (
          SELECT *, sum(octet_length(bytes)) OVER (ORDER BY number) - octet_length(bytes) AS before FROM (
            SELECT * FROM blocks WHERE run = ${run} AND number > ${after} ORDER BY number LIMIT ${PAGE_BLOCKS}) AS next) AS page
        WHERE before < ${PAGE_BYTES} ORDER BY number`;
      await copyRows(client, sql, (fields) => {
        const stored = fields[4] as Buffer;
        const implied = text(fields[3]);
        const raw = damaged ? undefined : readable(int8(fields[0]), page.length > 0, () => unpackBlock(int2(fields[1]), stored, implied));
        damaged = raw === undefined;
        if (raw === undefined) return;
        // What was stored as it is lies in the driver's memory.
        const bytes = raw.buffer === stored.buffer ? new Uint8Array(raw) : ownMemory(raw);
        page.push({ id: int8(fields[0]), events: int4(fields[2]), implied, bytes });
      });
      return page;
    });
  }

  async #query<Row extends object>(sql: string, values: readonly Value[]): Promise<Row[]> {
    return await inSnapshot(this.#pool, async (client) => (await client.query<Row>(sql, [...values])).rows);
  }
}

/** runs.id, or undefined where there is no such run. */
async function rowOf(client: ClientBase, runId: string): Promise<number | undefined> {
  const { rows } = await client.query<{ id: number }>('SELECT id FROM runs WHERE run_id = $1', [encodeText(runId)]);
  return rows[0]?.id;
}

async function params(client: ClientBase, run: number, query: EntryQuery): Promise<string[]> {
  const order = query.newest === true ? 'DESC' : 'ASC';
  const sql = `SELECT record FROM params WHERE run = $1 ORDER BY key ${order} LIMIT $2 OFFSET $3`;
  const { rows } = await client.query<RecordRow>(sql, [run, query.limit ?? null, query.offset ?? 0]);
  return rows.map(({ record }) => record);
}

async function countMentions(client: ClientBase, query: EntryQuery, needle: string): Promise<number> {
  const run = await rowOf(client, query.runId);
  let count = 0;
  if (run === undefined) return count;
  for await (const { record } of rowsOf(client, run, query)) if (recordMentions(record, needle)) count += 1;
  return count;
}

/** From the end that the query asks for, in the order met. */
async function entries(client: ClientBase, run: number, query: EntryQuery): Promise<string[]> {
  const { text: needle, offset = 0, limit = Number.POSITIVE_INFINITY } = query;
  const found: string[] = [];
  // Without a text to look for, the server itself skips to the page.
  let skip = needle === undefined ? 0 : offset;
  for await (const { record } of rowsOf(client, run, query)) {
    if (found.length >= limit) break;
    if (needle !== undefined && !recordMentions(record, needle)) continue;
    if (skip > 0) skip -= 1;
    else found.push(record);
  }
  return found;
}

/** The rows from the query's end on, SLICE at a time. */
async function* rowsOf(client: ClientBase, run: number, query: EntryQuery): AsyncGenerator<RecordRow> {
  const backward = query.newest === true;
  const levels = query.kind === 'log' ? query.levels : undefined;
  const sql = `SELECT id, record FROM entries WHERE run = $1 AND kind = $2 AND id ${backward ? '<' : '>'} $3
    ${levels === undefined ? '' : 'AND level = ANY ($6::text[])'} ORDER BY id ${backward ? 'DESC' : 'ASC'} LIMIT $4 OFFSET $5`;
  let left = query.text === undefined ? (query.limit ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  let skip = query.text === undefined ? (query.offset ?? 0) : 0;
  let cursor = backward ? Number.MAX_SAFE_INTEGER : 0;
  while (left > 0) {
    const values = [run, query.kind, cursor, Math.min(SLICE, left), skip, ...(levels === undefined ? [] : [levels])];
    const { rows } = await client.query<RecordRow>(sql, values);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    cursor = last.id;
    left -= rows.length;
    skip = 0;
  }
}

function runConditions(query: RunQuery): { conditions: string[]; values: Value[] } {
  const conditions = ['record IS NOT NULL'];
  if (query.deleted !== 'include') conditions.push(`deleted_at IS ${query.deleted === 'only' ? 'NOT ' : ''}NULL`);
  const values: Value[] = [];
  const given = (value: Value): string => `$${values.push(value)}`;
  const where = (condition: string): void => void conditions.push(condition);
  if (query.experimentId !== undefined) where(`experiment = ${given(encodeText(query.experimentId))}`);
  if (query.parentRunId !== undefined) where(`parent = ${given(encodeText(query.parentRunId))}`);
  if (query.createdAfter !== undefined) where(`created_at >= ${given(query.createdAfter)}`);
  if (query.createdBefore !== undefined) where(`created_at < ${given(query.createdBefore)}`);
  const statuses = wantedStatuses(query);
  if (statuses !== undefined) where(`status = ANY (${given(statuses)}::text[])`);
  for (const [key, value] of Object.entries(query.tags ?? {})) {
    const wanted = `key = ${given(encodeText(key))} AND value = ${given(encodeText(value))}`;
    where(`EXISTS (SELECT 1 FROM tags WHERE run = runs.id AND ${wanted})`);
  }
  if (query.text !== undefined) {
    const needle = given(insideStored(query.text.toLowerCase()));
    where(`(strpos(folded_name, ${needle}) > 0 OR strpos(lower(run_id), ${needle}) > 0)`);
  }
  return { conditions, values };
}

/** How a part of a text stands in the stored form of the whole. */
function insideStored(part: string): string {
  return encodeText(part) === part ? part : JSON.stringify(part).slice(1, -1);
}
