// Brings the schema up to date: numbered SQL files, each once, all in one transaction, so that a kill leaves old or new.

import { readdirSync, readFileSync } from 'node:fs';
import { XTrackError } from '../../protocol/errors.js';
import { type Connection, numberFrom } from './driver.js';

/** Beside the sources also when this file runs from dist/. */
const FOLDER = new URL('../../../src/storage/sqlite/migrations/', import.meta.url);

interface Migration {
  readonly name: string;
  readonly number: number;
}

/** Runs what is missing. Throws XT_STORE_VERSION where the schema is newer than this version knows. */
export async function migrate(connection: Connection): Promise<void> {
  const migrations = listMigrations();
  const newest = migrations.at(-1)?.number ?? 0;
  if (checkSchema(connection, newest) === newest) return;
  // Loaded on need: a store that is up to date opens without it.
  const { Umzug } = await import('umzug');
  connection.exec('BEGIN IMMEDIATE');
  try {
    checkSchema(connection, newest);
    const umzug = new Umzug({
      migrations: migrations.map(({ name, number }) => ({ name, up: async () => apply(connection, name, number) })),
      context: connection,
      storage: {
        logMigration: async ({ name }) => void connection.prepare('INSERT INTO migrations (name) VALUES (?)').run(name),
        unlogMigration: async ({ name }) => void connection.prepare('DELETE FROM migrations WHERE name = ?').run(name),
        executed: async () => executed(connection),
      },
      logger: undefined,
    });
    await umzug.up();
    connection.exec('COMMIT');
  } catch (error) {
    connection.exec('ROLLBACK');
    throw XTrackError.from(error, 'XT_STORE_OPEN');
  }
}

/** The schema number of the file. Throws XT_STORE_VERSION where it is newer than `newest`. */
export function checkSchema(connection: Connection, newest = listMigrations().at(-1)?.number ?? 0): number {
  const current = numberFrom(connection, 'PRAGMA user_version');
  if (current <= newest) return current;
  throw new XTrackError('XT_STORE_VERSION', { detail: `the data has schema ${current}, this version knows up to ${newest}` });
}

function listMigrations(): Migration[] {
  const names = readdirSync(FOLDER).filter((name) => /^\d{4}-.+\.sql$/.test(name));
  return names.sort().map((name) => ({ name, number: Number(name.slice(0, 4)) }));
}

function apply(connection: Connection, name: string, number: number): void {
  connection.exec(readFileSync(new URL(name, FOLDER), 'utf8'));
  connection.exec(`PRAGMA user_version = ${number}`);
}

function executed(connection: Connection): string[] {
  connection.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID');
  return connection
    .prepare('SELECT name FROM migrations ORDER BY name')
    .all()
    .map((row) => (row as { name: string }).name);
}
