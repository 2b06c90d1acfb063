// Reads runs and their records on the reading connection, in slices where a read can be long.

import { bareRecord, recordMentions, seenSql, wantedStatuses } from '../../filters.js';
import { readable, unpackBlock } from '../../points/block-codec.js';
import { RUN_COLUMNS } from '../../run-columns.js';
import type { BuriedWorker, DeadLetter, EntryQuery, RunQuery } from '../../store.js';
import { decodeText, encodeText } from '../../text.js';
import type { RunColumns } from '../../thread/calls.js';
import { ownMemory, type StoredBlock } from '../../thread/rows.js';
import type { Connection, SqlValue } from '../driver.js';
import type { Breath } from './read-queue.js';

/** Rows of one slice of a long read. */
const SLICE = 1_000;
/** A page of blocks ends after so many raw bytes or blocks. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_BLOCKS = 64;

interface EntryRow {
  readonly id: number;
  readonly record: string;
}

export class RecordReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** runs.id, or undefined where there is no such run. */
  row(runId: string): number | undefined {
    return (this.#connection.prepare('SELECT id FROM runs WHERE run_id = ?').get(runId) as { id: number } | undefined)?.id;
  }

  getRun(runId: string): RunColumns | undefined {
    const sql = `SELECT ${RUN_COLUMNS} FROM runs WHERE run_id = ? AND record IS NOT NULL`;
    return this.#connection.prepare(sql).get(runId) as RunColumns | undefined;
  }

  findRuns(query: RunQuery): RunColumns[] {
    const { conditions, values } = runConditions(query);
    const sql = `SELECT ${RUN_COLUMNS} FROM runs WHERE ${conditions.join(' AND ')}
      ORDER BY created_at DESC, run_id DESC LIMIT ? OFFSET ?`;
    return this.#connection.prepare(sql).all(...values, query.limit ?? -1, query.offset ?? 0) as RunColumns[];
  }

  /** The JSON records of one of the tables that hold few rows a run, in the order written. */
  recordsOf(table: 'marks' | 'commands' | 'warnings', runId: string): string[] {
    const sql = `SELECT record FROM ${table} WHERE run = (SELECT id FROM runs WHERE run_id = ?) ORDER BY id`;
    return this.#connection
      .prepare(sql)
      .all(runId)
      .map((row) => (row as EntryRow).record);
  }

  revision(runId: string): number {
    const sql = 'SELECT v.revision FROM runs r JOIN revisions v ON v.run = r.id WHERE r.run_id = ?';
    return (this.#connection.prepare(sql).get(runId) as { revision: number } | undefined)?.revision ?? 0;
  }

  buried(runId: string): BuriedWorker[] {
    const rows = this.#connection.prepare('SELECT worker, incarnation FROM buried WHERE run_id = ?').all(runId) as BuriedWorker[];
    return rows.map(({ worker, incarnation }) => ({ worker: decodeText(worker), incarnation: decodeText(incarnation) }));
  }

  deadLetters(runId: string): DeadLetter[] {
    const sql = 'SELECT at, code, bytes FROM dead_letters WHERE run = (SELECT id FROM runs WHERE run_id = ?) ORDER BY id';
    const rows = this.#connection.prepare(sql).all(runId) as Omit<DeadLetter, 'runId'>[];
    return rows.map(({ at, code, bytes }) => ({ runId, at, code, bytes: ownMemory(bytes) }));
  }

  async getEntries(query: EntryQuery, breath: Breath): Promise<string[]> {
    const run = this.row(query.runId);
    if (run === undefined) return [];
    const found = query.kind === 'param' ? this.#params(run, query) : await this.#entries(run, query, breath);
    const page = query.newest === true ? found.reverse() : found;
    return query.bare === true ? page.map(bareRecord) : page;
  }

  async countEntries(query: EntryQuery, breath: Breath): Promise<number> {
    if (query.kind === 'log' && query.text !== undefined) return await this.#countMentions(query, query.text, breath);
    const levels = query.kind === 'log' ? query.levels : undefined;
    const [table, condition, values] =
      query.kind === 'param' ? ['params', 'TRUE', []] : ['entries', `kind = ? ${levelCondition(levels)}`, [query.kind, ...(levels ?? [])]];
    const sql = `SELECT count(*) AS count FROM ${table} WHERE run = (SELECT id FROM runs WHERE run_id = ?) AND ${condition}`;
    return (this.#connection.prepare(sql).get(query.runId, ...values) as { count: number }).count;
  }

  readBlocks(runId: string, after: number): StoredBlock[] {
    const run = this.row(runId);
    if (run === undefined) return [];
    const next = this.#connection.prepare('SELECT * FROM blocks WHERE run = ? AND id > ? ORDER BY id LIMIT 1');
    const page: StoredBlock[] = [];
    let bytes = 0;
    let last = after;
    while (bytes < PAGE_BYTES && page.length < PAGE_BLOCKS) {
      const row = next.get(run, last) as (StoredBlock & { readonly codec: number }) | undefined;
      if (row === undefined) break;
      const { id, codec, events, implied } = row;
      const raw = readable(id, page.length > 0, () => ownMemory(unpackBlock(codec, row.bytes, implied)));
      if (raw === undefined) break;
      page.push({ id, events, implied, bytes: raw });
      bytes += raw.length;
      last = id;
    }
    return page;
  }

  async #countMentions(query: EntryQuery, text: string, breath: Breath): Promise<number> {
    const run = this.row(query.runId);
    let count = 0;
    if (run === undefined) return count;
    for (const slice of this.#slices(run, query, 0, Number.POSITIVE_INFINITY)) {
      for (const { record } of slice) if (recordMentions(record, text)) count += 1;
      await breath();
    }
    return count;
  }

  #params(run: number, query: EntryQuery): string[] {
    const order = query.newest === true ? 'DESC' : 'ASC';
    const sql = `SELECT record FROM params WHERE run = ? ORDER BY key ${order} LIMIT ? OFFSET ?`;
    return this.#connection
      .prepare(sql)
      .all(run, query.limit ?? -1, query.offset ?? 0)
      .map((row) => (row as EntryRow).record);
  }

  /** From the end that the query asks for, in the order met. */
  async #entries(run: number, query: EntryQuery, breath: Breath): Promise<string[]> {
    const { text, offset = 0, limit = Number.POSITIVE_INFINITY } = query;
    const found: string[] = [];
    // Without a text to look for, SQLite itself skips to the page.
    let skip = text === undefined ? 0 : offset;
    const slices = this.#slices(run, query, text === undefined ? offset : 0, text === undefined ? limit : Number.POSITIVE_INFINITY);
    for (const slice of slices) {
      const wanted = text === undefined ? slice : slice.filter(({ record }) => recordMentions(record, text));
      for (const { record } of wanted.slice(skip, skip + limit - found.length)) found.push(record);
      skip = Math.max(0, skip - wanted.length);
      if (found.length >= limit) break;
      await breath();
    }
    return found;
  }

  /** Up to `limit` rows from the query's end on, SLICE at a time. */
  *#slices(run: number, query: EntryQuery, offset: number, limit: number): IterableIterator<readonly EntryRow[]> {
    let cursor: number | undefined;
    for (let left = limit, skip = offset; left > 0; skip = 0) {
      const rows = this.#slice(run, query, cursor, skip, Math.min(SLICE, left));
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows;
      cursor = last.id;
      left -= rows.length;
    }
  }

  #slice(run: number, query: EntryQuery, cursor: number | undefined, offset: number, limit: number): EntryRow[] {
    const backward = query.newest === true;
    const start = cursor ?? (backward ? Number.MAX_SAFE_INTEGER : 0);
    const levels = query.kind === 'log' ? query.levels : undefined;
    const sql = `SELECT id, record FROM entries WHERE run = ? AND kind = ? AND id ${backward ? '<' : '>'} ? ${levelCondition(levels)}
      ORDER BY id ${backward ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`;
    return this.#connection.prepare(sql).all(run, query.kind, start, ...(levels ?? []), limit, offset) as EntryRow[];
  }
}

function levelCondition(levels: EntryQuery['levels']): string {
  return levels === undefined ? '' : `AND level IN (${levels.map(() => '?').join(', ')})`;
}

function runConditions(query: RunQuery): { conditions: string[]; values: SqlValue[] } {
  const conditions = ['record IS NOT NULL', seenSql('id', query.deleted)];
  const values: SqlValue[] = [];
  const where = (condition: string, ...given: SqlValue[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  if (query.experimentId !== undefined) where('experiment = ?', encodeText(query.experimentId));
  if (query.parentRunId !== undefined) where('parent = ?', encodeText(query.parentRunId));
  if (query.createdAfter !== undefined) where('created_at >= ?', query.createdAfter);
  if (query.createdBefore !== undefined) where('created_at < ?', query.createdBefore);
  const statuses = wantedStatuses(query);
  if (statuses !== undefined) where(`status IN (${statuses.map(() => '?').join(', ')})`, ...statuses);
  for (const [key, value] of Object.entries(query.tags ?? {})) {
    where('EXISTS (SELECT 1 FROM tags WHERE run = runs.id AND key = ? AND value = ?)', encodeText(key), encodeText(value));
  }
  if (query.text !== undefined) {
    const needle = query.text.toLowerCase();
    where('(instr(folded_name, ?) > 0 OR instr(lower(run_id), ?) > 0)', needle, needle);
  }
  return { conditions, values };
}
