// The PostgreSQL driver (`pg`, loaded on use): connections with what durability asks for, and what its errors mean.

import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientBase, ClientConfig, Pool } from 'pg';
import { XTrackError } from '../../protocol/errors.js';
import { copyOut, type RowFields } from './writes/copy-out.js';

/** Hash partitions with keys, multi-row conflict handling and identity columns all hold from here on. */
const OLDEST_SERVER = 130_000;
/** ms until a server that does not answer counts as away. */
const CONNECT_TIMEOUT = 10_000;
/** ms after which a statement without an answer counts as lost, and its connection with it. */
const ANSWER_TIMEOUT = 60_000;
/** Connections for reads; more than that wait for one. */
const READERS = 4;
/** Between two looks for a server that does not answer yet (ms). */
const PAUSE_MS = 500;
const INT8 = 20;

/** SQLSTATE classes that no repetition mends: wrong data, a limit of the server, a missing table. */
const HOPELESS = /^(0A|22|23|42|54)/;
/** Raised by begin_commit. */
const STORED_ALREADY = 'XT001';

export interface ServerAddress {
  readonly url: string;
  /** Shown by the server beside each connection. */
  readonly name: string;
}

type Driver = Pick<typeof import('pg'), 'Client' | 'Pool'>;

async function loadDriver(): Promise<Driver> {
  try {
    return await import('pg');
  } catch (error) {
    throw new XTrackError('XT_STORE_OPEN', { detail: 'PostgreSQL needs the package pg: run `npm install pg`', cause: error });
  }
}

function config({ url, name }: ServerAddress): ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: ANSWER_TIMEOUT,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: parserOf as never },
  };
}

/** bigint as number: none here leaves the exact integers. Everything else that is read as text stays text. */
function parserOf(oid: number): (value: string) => unknown {
  return oid === INT8 || oid === 23 || oid === 21 ? Number : (value: string): unknown => value;
}

/** Opens the writing connection: statements are sent without waiting for the answers of those before. */
export async function connectWriter(address: ServerAddress): Promise<Client> {
  const client = await connect({ ...config(address), pipeline: true });
  const settings = Promise.all([
    client.query("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"),
    // Where this process is cut off, the server lets its locks go after that.
    client.query("SET idle_in_transaction_session_timeout = '60s'"),
    client.query("SET lock_timeout = '30s'"),
  ]);
  try {
    await settings;
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

/** Opens a connection of its own, for the schema and for what other processes say. */
export async function connectPlain(address: ServerAddress): Promise<Client> {
  return await connect({ ...config(address), query_timeout: 0 });
}

async function connect(options: ClientConfig): Promise<Client> {
  const { Client } = await loadDriver();
  const client = new Client(options);
  // Whatever is under way fails with the connection; an error in between needs no other answer than the next failure.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Connections for reads, opened as they are needed. */
export async function openReaders(address: ServerAddress, most = READERS): Promise<Pool> {
  const { Pool } = await loadDriver();
  const pool = new Pool({ ...config(address), max: most, allowExitOnIdle: true });
  pool.on('error', () => undefined);
  // A client in use is no longer watched by its pool; what it is used for fails anyway.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * Runs `work` on one connection of the pool; everything it reads is of one moment. After an error the connection is dropped. `work`
 * runs twice where the connection is lost: one that lay idle may have been lost long before.
 */
export async function inSnapshot<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  try {
    return await readOnce(pool, work);
  } catch (error) {
    if (error instanceof XTrackError || sqlState(error) !== '') throw error;
    return await readOnce(pool, work);
  }
}

async function readOnce<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    // Compiling a query takes longer than any of these runs.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Runs a query in binary form. `sql` has no parameters: only numbers of our own may be written into it. */
export async function copyRows(client: ClientBase, sql: string, onRow: (fields: RowFields) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.query(copyOut(sql, onRow, (error) => (error === undefined ? resolve() : reject(error))));
  });
}

/** Throws XT_STORE_OPEN where the server is too old, or its database does not hold UTF-8. */
export async function checkServer(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    "SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding",
  );
  const { version = '0', encoding = '' } = rows[0] ?? {};
  if (Number(version) < OLDEST_SERVER)
    throw new XTrackError('XT_STORE_OPEN', { detail: `PostgreSQL ${Number(version) / 10_000} is too old: 13 or newer is needed` });
  if (encoding !== 'UTF8') throw new XTrackError('XT_STORE_OPEN', { detail: `the database holds ${encoding}; UTF8 is needed` });
}

/** The SQLSTATE of an error of the server, else ''. */
function sqlState(error: unknown): string {
  const code = error instanceof Error && 'severity' in error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** True where the server ended a statement that took too long. */
export function isCancelled(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/** True where the commit has been stored by an earlier try. */
export function isStoredAlready(error: unknown): boolean {
  return sqlState(error) === STORED_ALREADY;
}

/** SQLSTATE classes of a server that is about to start or to end, or has no connection left. */
const UNREADY = /^(08|53|57)/;

/** True where no server answered, or one that is not ready. What a server that is there refuses, it refuses for good. */
function isAway(error: unknown): boolean {
  const state = sqlState(error);
  return isTransient(error) && (state === '' || UNREADY.test(state));
}

/** True where the same can succeed later: the server is away, full, or busy. Neither wrong data nor a fault in here goes away. */
export function isTransient(error: unknown): boolean {
  const ours = error instanceof XTrackError || error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return !ours && !HOPELESS.test(sqlState(error));
}

/**
 * Does `work`, and again for `ms` while no server answers: it may start after who uses it. Says so once. What a server that is there
 * refuses is refused.
 */
export async function whenReady<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + ms;
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() >= until || !isAway(error)) throw error;
      const reason = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error);
      if (!told) process.emitWarning(`the database does not answer yet (${reason}); it is waited for`, { type: 'XTrackWarning' });
      await delay(PAUSE_MS);
    }
  }
}
