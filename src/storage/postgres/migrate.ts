// What is checked and done before a database is used: the schema is brought up to date. Numbered SQL files, each once, all in one
// transaction under one lock, so that any number of processes may start at once.

import { readdirSync, readFileSync } from 'node:fs';
import type { ClientBase } from 'pg';
import { inPackage } from '../../package/root.js';
import { XTrackError } from '../../protocol/errors.js';
import { checkServer, connectPlain, type ServerAddress } from './driver.js';

const FOLDER = inPackage('src/storage/postgres/migrations/');
/** First half of the advisory lock's name ("XTrk"); the second is the schema. */
const LOCK = 0x5854726b;

interface Migration {
  readonly name: string;
  readonly number: number;
}

/** Runs what is missing. Throws XT_STORE_VERSION where the schema is newer than this version knows. */
async function migrate(client: ClientBase): Promise<void> {
  const migrations = listMigrations();
  const newest = migrations.at(-1)?.number ?? 0;
  if ((await checkSchema(client, newest)) === newest) return;
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${LOCK}, hashtext(current_schema()))`);
    await checkSchema(client, newest);
    await client.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)');
    const done = new Set(await executed(client));
    for (const { name } of migrations) {
      if (done.has(name)) continue;
      await client.query(readFileSync(new URL(name, FOLDER), 'utf8'));
      await client.query('INSERT INTO migrations (name) VALUES ($1)', [name]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw XTrackError.from(error, 'XT_STORE_OPEN');
  }
}

/** The schema number of the database; 0: no schema yet. Throws XT_STORE_VERSION where it is newer than `newest`. */
async function checkSchema(client: ClientBase, newest: number): Promise<number> {
  const current = Math.max(0, ...(await executed(client)).map((name) => Number(name.slice(0, 4))));
  if (current <= newest) return current;
  throw new XTrackError('XT_STORE_VERSION', { detail: `the database has schema ${current}, this version knows up to ${newest}` });
}

/** The same for a database that is only read: it cannot be brought up. Throws XT_STORE_OLD. */
async function checkUpToDate(client: ClientBase): Promise<number> {
  const newest = listMigrations().at(-1)?.number ?? 0;
  const current = await checkSchema(client, newest);
  if (current === 0 || current === newest) return current;
  throw new XTrackError('XT_STORE_OLD', { detail: `the database has schema ${current}, this version reads schema ${newest}` });
}

function listMigrations(): Migration[] {
  const names = readdirSync(FOLDER).filter((name) => /^\d{4}-.+\.sql$/.test(name));
  return names.sort().map((name) => ({ name, number: Number(name.slice(0, 4)) }));
}

async function executed(client: ClientBase): Promise<string[]> {
  const { rows: found } = await client.query<{ found: string | null }>(
    "SELECT to_regclass(format('%I.migrations', current_schema()))::text AS found",
  );
  if (found[0]?.found == null) return [];
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
  return rows.map(({ name }) => name);
}

/** Checks the server and brings the schema up. Resolves to the schema's name. */
export async function prepare(address: ServerAddress, readOnly: boolean): Promise<string> {
  const client = await connectPlain(address);
  try {
    await checkServer(client);
    if (readOnly) {
      if ((await checkUpToDate(client)) === 0) throw new XTrackError('XT_STORE_OPEN', { detail: 'there is no data yet in the database' });
    } else {
      await migrate(client);
      // Left by processes that were killed; none of them will ask any more what became of its last commit.
      await client.query("DELETE FROM writers WHERE seen_at < clock_timestamp() - interval '30 days'");
    }
    const { rows } = await client.query<{ name: string }>('SELECT current_schema() AS name');
    return rows[0]?.name ?? 'public';
  } finally {
    await client.end().catch(() => undefined);
  }
}
