// Answers searches: runs that are written down by one SQL statement, those that are being written by the predicate on their tails.

import type { Param } from '../../protocol/events.js';
import type { RunColumns } from '../calls.js';
import { decodeJson } from '../json.js';
import { toRun } from '../rows.js';
import { CandidateSearch } from '../search/candidates.js';
import type { SearchSchema } from '../search/dialect.js';
import { factsOf, type RunFacts } from '../search/facts.js';
import { type FactsByKey, factsByKey } from '../search/metric-facts.js';
import { asksFor, firstKeys, type SearchKeys, type SearchPage, type SearchQuery } from '../search/query.js';
import { searchStatement } from '../search/sql.js';
import { decodeText } from '../text.js';
import { seenSql } from '../trash.js';
import type { Connection } from './driver.js';
import type { Breath } from './read-queue.js';
import type { TailsView } from './tails-view.js';

const SCHEMA: SearchSchema = { runs: 'runs', params: 'params', tags: 'tags', metrics: 'run_metrics' };
const UNSETTLED = `SELECT id, run_id, record, details, tail_block, tail_chunk, (SELECT max(id) FROM blocks WHERE run = runs.id) AS newest
  FROM runs WHERE unsettled = 1 AND record IS NOT NULL`;

interface UnsettledRun extends RunColumns {
  readonly id: number;
  readonly run_id: string;
  readonly tail_block: number;
  readonly tail_chunk: number;
  readonly newest: number | null;
}

interface Kept {
  readonly version: string;
  readonly metrics: FactsByKey;
}

export class SearchReader {
  readonly #connection: Connection;
  readonly #tails: TailsView;
  /** Metrics of the unsettled runs, for the next search: a run that nobody writes any more is worked out once. */
  #kept = new Map<number, Kept>();

  constructor(connection: Connection, tails: TailsView) {
    this.#connection = connection;
    this.#tails = tails;
  }

  async search(query: SearchQuery, breath: Breath): Promise<SearchPage<RunColumns>> {
    const candidates = new CandidateSearch<number>(query);
    const unsettled = asksFor(query, 'metric')
      ? (this.#connection.prepare(`${UNSETTLED} AND ${seenSql('id', query.deleted)}`).all() as UnsettledRun[])
      : [];
    const visible = `r.record IS NOT NULL AND ${seenSql('r.id', query.deleted)}${unsettled.length > 0 ? ' AND r.unsettled = 0' : ''}`;
    const statement = searchStatement(query, { dialect: 'sqlite', schema: SCHEMA, columns: ['id'], visible });
    const rows = this.#connection.prepare(statement.sql).all(...statement.values) as Record<string, unknown>[];
    const kept = new Map<number, Kept>();
    for (const run of unsettled) {
      candidates.offer(run.id, this.#factsOf(run, kept));
      await breath();
    }
    if (unsettled.length > 0) this.#kept = kept;
    const page = candidates.page(rows.map(statement.read).map((found) => ({ ...found, run: found.run.id as number })));
    // Not with the search itself: what is sorted should be small.
    const columns = this.#connection.prepare('SELECT record, details, deleted_at AS deletedAt FROM runs WHERE id = ?');
    return { ...page, runs: page.runs.map((id) => columns.get(id) as RunColumns) };
  }

  listKeys(): SearchKeys {
    return {
      params: this.#keysOf('params'),
      tags: this.#keysOf('tags'),
      metrics: firstKeys([...this.#keysOf('run_metrics'), ...this.#newKeys()]),
    };
  }

  /** From key to key through the index, however many rows each has. */
  #keysOf(table: 'params' | 'tags' | 'run_metrics'): string[] {
    const sql = `WITH RECURSIVE keys (key) AS (
        SELECT min(key) FROM ${table}
        UNION ALL SELECT (SELECT min(key) FROM ${table} WHERE key > keys.key) FROM keys WHERE keys.key IS NOT NULL)
      SELECT key FROM keys WHERE key IS NOT NULL LIMIT 10000`;
    return this.#texts(sql);
  }

  #newKeys(): string[] {
    return this.#texts('SELECT DISTINCT key FROM tracks WHERE run IN (SELECT id FROM runs WHERE unsettled = 1) LIMIT 10000');
  }

  #texts(sql: string): string[] {
    return this.#connection
      .prepare(sql)
      .all()
      .map((row) => decodeText((row as { key: string }).key));
  }

  #factsOf(run: UnsettledRun, kept: Map<number, Kept>): RunFacts {
    const version = `${run.newest}:${run.tail_block}:${run.tail_chunk}`;
    const known = this.#kept.get(run.id);
    const { metrics } =
      known?.version === version && run.newest !== null ? known : { metrics: factsByKey(this.#tails.tracksOf(run.run_id)) };
    kept.set(run.id, { version, metrics });
    const params = (): Param[] =>
      this.#connection
        .prepare('SELECT record FROM params WHERE run = ?')
        .all(run.id)
        .map((row) => decodeJson<Param>((row as { record: string }).record));
    return factsOf(toRun(run), params, (key) => metrics.get(key) ?? []);
  }
}
