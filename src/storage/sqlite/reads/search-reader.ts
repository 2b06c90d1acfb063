// Answers searches: runs that are written down by one SQL statement, those that are being written by the predicate on their tails.

import type { Param } from '../../../protocol/events.js';
import { seenSql } from '../../filters.js';
import { readableParam } from '../../record-rows.js';
import { RUN_COLUMNS, toRun } from '../../run-columns.js';
import { CandidateSearch } from '../../search/candidates.js';
import type { SearchSchema } from '../../search/dialect.js';
import { factsOf, type RunFacts } from '../../search/facts.js';
import { type FactsByKey, factsByKey, type UnsettledMetrics } from '../../search/metric-facts.js';
import { firstKeys, SearchClock, type SearchKeys, type SearchPage, type SearchQuery } from '../../search/query.js';
import { searchStatement } from '../../search/sql.js';
import { decodeText } from '../../text.js';
import type { RunColumns } from '../../thread/calls.js';
import type { Connection } from '../driver.js';
import type { Breath } from './read-queue.js';
import type { TailsView } from './tails-view.js';

const SCHEMA: SearchSchema = { runs: 'runs', params: 'params', tags: 'tags', metrics: 'run_metrics' };
const UNSETTLED = `SELECT id, run_id, tail_block, tail_chunk, (SELECT max(id) FROM blocks WHERE run = runs.id) AS newest
  FROM runs WHERE unsettled = 1 AND record IS NOT NULL`;

/** A function of SQL: always 1, as long as the search is in its time. */
const IN_TIME = 'xtrack_in_time';

interface UnsettledRun {
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
  #clock = new SearchClock();

  constructor(connection: Connection, tails: TailsView) {
    this.#connection = connection;
    this.#tails = tails;
    // Asked for each run that is looked at, since nothing else can end a statement that is under way.
    connection.function(IN_TIME, (_run) => {
      this.#clock.check();
      return 1;
    });
  }

  /**
   * `unsettled`: what unsettledMetrics said, here or in another thread just before; those runs are looked at one by one.
   * Throws XT_SEARCH_COST.
   */
  async search(
    query: SearchQuery,
    unsettled: readonly UnsettledMetrics[],
    breath: Breath,
    within?: number,
  ): Promise<SearchPage<RunColumns>> {
    const clock = new SearchClock(within);
    this.#clock = clock;
    const candidates = new CandidateSearch<number>(query);
    const seen = seenSql('r.id', query.deleted);
    const others = unsettled.length > 0 ? ` AND r.id NOT IN (${unsettled.map(({ id }) => id).join(',')})` : '';
    const visible = `r.record IS NOT NULL AND ${seen}${others} AND ${IN_TIME}(r.id)`;
    const statement = searchStatement(query, { dialect: 'sqlite', schema: SCHEMA, columns: ['id'], visible });
    const rows = this.#connection.prepare(statement.sql).all(...statement.values) as Record<string, unknown>[];
    const columns = this.#connection.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`);
    const own = this.#connection.prepare(`SELECT ${RUN_COLUMNS} FROM runs AS r WHERE id = ? AND record IS NOT NULL AND ${seen}`);
    for (const { id, metrics } of unsettled) {
      const found = own.get(id) as RunColumns | undefined;
      if (found !== undefined) candidates.offer(id, this.#factsOf(id, found, metrics));
      clock.check();
      await breath();
    }
    const page = candidates.page(rows.map(statement.read).map((found) => ({ ...found, run: found.run.id as number })));
    // Not with the search itself: what is sorted should be small.
    return { ...page, runs: page.runs.map((id) => columns.get(id) as RunColumns) };
  }

  /** What is known of these metrics in the runs that are being written, whose rows do not say it. */
  async unsettledMetrics(keys: readonly string[], breath: Breath): Promise<UnsettledMetrics[]> {
    const runs = this.#connection.prepare(UNSETTLED).all() as UnsettledRun[];
    const kept = new Map<number, Kept>();
    const answer: UnsettledMetrics[] = [];
    for (const run of runs) {
      const version = `${run.newest}:${run.tail_block}:${run.tail_chunk}`;
      const known = this.#kept.get(run.id);
      const { metrics } = known?.version === version && run.newest !== null ? known : { metrics: this.#metricsOf(run.run_id) };
      kept.set(run.id, { version, metrics });
      answer.push({ id: run.id, metrics: new Map(keys.flatMap((key) => (metrics.has(key) ? [[key, metrics.get(key) ?? []]] : []))) });
      await breath();
    }
    this.#kept = kept;
    return answer;
  }

  /** None where the log of the run is damaged: it hides no other. */
  #metricsOf(runId: string): FactsByKey {
    try {
      return factsByKey(this.#tails.tracksOf(runId));
    } catch {
      return new Map();
    }
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

  #factsOf(id: number, run: RunColumns, metrics: FactsByKey): RunFacts {
    const params = (): Param[] =>
      this.#connection
        .prepare('SELECT record FROM params WHERE run = ?')
        .all(id)
        .flatMap((row) => readableParam((row as { record: string }).record));
    return factsOf(toRun(run), params, (key) => metrics.get(key) ?? []);
  }
}
