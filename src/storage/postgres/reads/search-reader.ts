// Answers searches: runs that are written down by one SQL statement, those that are being written by the predicate on their tails.

import type { ClientBase, Pool } from 'pg';
import { XTrackError } from '../../../protocol/errors.js';
import type { Param } from '../../../protocol/events.js';
import { readableParam } from '../../record-rows.js';
import { RUN_COLUMNS, toRun } from '../../run-columns.js';
import { CandidateSearch } from '../../search/candidates.js';
import type { SearchSchema } from '../../search/dialect.js';
import { factsOf, type RunFacts } from '../../search/facts.js';
import { SearchGate } from '../../search/gate.js';
import { type MetricFact, metricFacts } from '../../search/metric-facts.js';
import { firstKeys, SEARCH_MS, SearchClock, type SearchKeys, type SearchPage, type SearchQuery, tookTooLong } from '../../search/query.js';
import { type SearchStatement, searchStatement } from '../../search/sql.js';
import { type Value, valuesIn, valuesWithin } from '../../search/tree.js';
import { decodeText, encodeText } from '../../text.js';
import type { RunColumns } from '../../thread/calls.js';
import { inSnapshot, isCancelled } from '../driver.js';
import type { Turns } from '../turns.js';
import type { TailsView } from './tails-view.js';

const SCHEMA: SearchSchema = { runs: 'runs', params: 'params', tags: 'tags', metrics: 'run_metrics' };
const UNSETTLED = `SELECT id, run_id, ${RUN_COLUMNS}, last_block, tail_block, tail_chunk FROM runs
  WHERE unsettled AND record IS NOT NULL`;
const MAX_KEYS = 10_000;
/** Characters of a key that the index of keys holds. */
const LISTED_KEY = 500;

interface UnsettledRow extends RunColumns {
  readonly id: number;
  readonly run_id: string;
  readonly last_block: number;
  readonly tail_block: number;
  readonly tail_chunk: number;
}

type Metrics = ReadonlyMap<string, readonly MetricFact[]>;

interface Kept {
  readonly version: string;
  readonly metrics: Metrics;
}

/** The rows of a search. Throws XT_SEARCH_COST where the server had to end it. */
async function inTime(client: ClientBase, { sql, values }: SearchStatement): Promise<Record<string, unknown>[]> {
  await client.query(`SET LOCAL statement_timeout = ${SEARCH_MS}`);
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
    await client.query('SET LOCAL statement_timeout = DEFAULT');
    return rows;
  } catch (error) {
    throw isCancelled(error) ? tookTooLong() : error;
  }
}

export class SearchReader {
  readonly #pool: Pool;
  readonly #tails: TailsView;
  readonly #turns: Turns;
  readonly #gate = new SearchGate();
  /** Metrics of the unsettled runs, for the next search: a run that nobody writes any more is worked out once. */
  #kept = new Map<number, Kept>();

  /** `turns`: nobody commits while the tails are looked at. */
  constructor(pool: Pool, tails: TailsView, turns: Turns) {
    this.#pool = pool;
    this.#tails = tails;
    this.#turns = turns;
  }

  /** Throws XT_SEARCH_COST; XT_SEARCH_BUSY where others took the time. */
  async search(query: SearchQuery): Promise<SearchPage<RunColumns>> {
    return await this.#gate.pass(() => this.#search(query));
  }

  async #search(query: SearchQuery): Promise<SearchPage<RunColumns>> {
    const clock = new SearchClock();
    return await inSnapshot(this.#pool, async (client) => {
      const asked = kindsIn(query);
      const candidates = new CandidateSearch<number>(query);
      const unsettled = asked.has('metric') ? await this.#turns.take(() => this.#unsettled(client, query)) : [];
      const params = asked.has('param') ? await paramsOf(client, unsettled) : new Map<number, Param[]>();
      for (const run of unsettled) {
        candidates.offer(run.id, factsOfRow(run, params.get(run.id) ?? [], this.#kept.get(run.id)?.metrics));
        clock.check();
      }
      const visible = `r.record IS NOT NULL AND ${seen('r.deleted_at', query)}${unsettled.length > 0 ? ' AND NOT r.unsettled' : ''}`;
      const statement = searchStatement(query, { dialect: 'postgres', schema: SCHEMA, columns: ['id'], visible });
      const rows = await inTime(client, statement);
      const page = candidates.page(rows.map(statement.read).map((found) => ({ ...found, run: found.run.id as number })));
      // Not with the search itself: what is sorted should be small.
      return { ...page, runs: await columnsOf(client, page.runs) };
    });
  }

  async listKeys(): Promise<SearchKeys> {
    return await inSnapshot(this.#pool, async (client) => ({
      params: await keysOf(client, 'params'),
      tags: await keysOf(client, 'tags'),
      metrics: firstKeys([...(await keysOf(client, 'run_metrics')), ...(await newKeys(client))]),
    }));
  }

  /** The runs whose metrics are not all written down; what is known of them stands in #kept afterwards. */
  async #unsettled(client: ClientBase, query: SearchQuery): Promise<UnsettledRow[]> {
    const { rows } = await client.query<UnsettledRow>(`${UNSETTLED} AND ${seen('deleted_at', query)}`);
    const kept = new Map<number, Kept>();
    for (const row of rows) {
      const version = `${row.last_block}:${row.tail_block}:${row.tail_chunk}`;
      const known = this.#kept.get(row.id);
      kept.set(row.id, known?.version === version ? known : { version, metrics: await this.#metricsOf(client, row) });
    }
    this.#kept = kept;
    return rows;
  }

  async #metricsOf(client: ClientBase, row: UnsettledRow): Promise<Metrics> {
    const moment = await this.#tails.look(client, decodeText(row.run_id), () => true, false).catch(hidden);
    const byKey = new Map<string, MetricFact[]>();
    for (const fact of metricFacts((moment?.tracks ?? []).map(({ track, stats }) => ({ ...track, stats })))) {
      const facts = byKey.get(fact.key) ?? [];
      facts.push(fact);
      byKey.set(fact.key, facts);
    }
    return byKey;
  }
}

/** A run whose log is damaged has no metrics, and hides no other. */
function hidden(error: unknown): undefined {
  if (!(error instanceof XTrackError)) throw error;
}

/** As seenSql, by the column itself: no index makes anything else faster here. */
function seen(column: string, { deleted }: SearchQuery): string {
  return `${column} IS ${deleted === 'only' ? 'NOT ' : ''}NULL`;
}

function factsOfRow(row: UnsettledRow, params: readonly Param[], metrics: Metrics | undefined): RunFacts {
  return factsOf(
    toRun(row),
    () => params,
    (key) => metrics?.get(key) ?? [],
  );
}

async function paramsOf(client: ClientBase, runs: readonly UnsettledRow[]): Promise<Map<number, Param[]>> {
  const byRun = new Map<number, Param[]>(runs.map(({ id }) => [id, []]));
  if (runs.length === 0) return byRun;
  const sql = 'SELECT run, record FROM params WHERE run = ANY ($1::bigint[])';
  const { rows } = await client.query<{ run: number; record: string }>(sql, [[...byRun.keys()]]);
  for (const { run, record } of rows) byRun.get(run)?.push(...readableParam(record));
  return byRun;
}

async function columnsOf(client: ClientBase, ids: readonly number[]): Promise<RunColumns[]> {
  if (ids.length === 0) return [];
  const sql = `SELECT id, ${RUN_COLUMNS} FROM runs WHERE id = ANY ($1::bigint[])`;
  const { rows } = await client.query<RunColumns & { readonly id: number }>(sql, [[...ids]]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) as RunColumns);
}

/** From key to key through the index, however many rows each has. */
async function keysOf(client: ClientBase, table: 'params' | 'tags' | 'run_metrics'): Promise<string[]> {
  const sql = `WITH RECURSIVE keys (key) AS (
      SELECT min(left(key, ${LISTED_KEY})) FROM ${table}
      UNION ALL SELECT (SELECT min(left(key, ${LISTED_KEY})) FROM ${table} WHERE left(key, ${LISTED_KEY}) > keys.key) FROM keys WHERE keys.key IS NOT NULL)
    SELECT key FROM keys WHERE key IS NOT NULL LIMIT ${MAX_KEYS}`;
  const { rows } = await client.query<{ key: string }>(sql);
  // The beginning of an escaped key (text.ts) cannot be read.
  return rows.filter(({ key }) => key.length < LISTED_KEY || encodeText(key) === key).map(({ key }) => decodeText(key));
}

async function newKeys(client: ClientBase): Promise<string[]> {
  const sql = `SELECT DISTINCT key FROM tracks WHERE run IN (SELECT id FROM runs WHERE unsettled) LIMIT ${MAX_KEYS}`;
  const { rows } = await client.query<{ key: string }>(sql);
  return rows.map(({ key }) => decodeText(key));
}

/** What kinds of values the query asks for. */
function kindsIn({ where, orderBy, select = [] }: SearchQuery): Set<Value['kind']> {
  const asked = [...(where === null ? [] : valuesIn(where)), ...[...orderBy.map(({ by }) => by), ...select].flatMap(valuesWithin)];
  return new Set(asked.map(({ kind }) => kind));
}
