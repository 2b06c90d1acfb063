// Moving all runs from one place to another, each named as a user names it: a data directory, or the address of a database.

import { resolve } from 'node:path';
import { type MigrateOptions, type MigrationReport, migrateRuns } from './care/migration.js';
import { XTrackError } from './protocol/index.js';
import type { Store } from './storage/store.js';

/** A full disk or a server that is away ends a migration after this (ms): it goes on with the next call. */
const RETRY_MS = 30_000;

/** From where to where: a data directory (SQLite), or `postgres://…`. */
export interface MigrateStoreOptions extends MigrateOptions {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies every run that the target has not, and compares all of them. What is at the source stays as it is, and may go on. Only what the store
 * keeps is copied: media in files of their own stay in their data directory. Errors: XT_STORE_OPEN, XT_STORE_VERSION, XT_STORE_OLD.
 *
 * @example await migrateStore({ from: '/home/ada/.xtrack', to: 'postgres://xtrack@db.example.org/experiments' })
 */
export async function migrateStore({ from, to, ...options }: MigrateStoreOptions): Promise<MigrationReport> {
  if (isDatabase(from) ? from === to : !isDatabase(to) && resolve(from) === resolve(to))
    throw new XTrackError('XT_ARGUMENT', { detail: 'both places are the same', field: 'to' });
  const source = await openPlace(from, true);
  try {
    const target = await openPlace(to, options.verifyOnly === true);
    try {
      return await migrateRuns(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function isDatabase(place: string): boolean {
  return /^postgres(ql)?:\/\//.test(place);
}

async function openPlace(place: string, readOnly: boolean): Promise<Store> {
  const options = { readOnly, retryFor: RETRY_MS };
  if (isDatabase(place)) return await (await import('./storage/postgres/store.js')).openPostgresStore({ ...options, url: place });
  return await (await import('./storage/sqlite/store.js')).openSqliteStore({ ...options, directory: resolve(place) });
}
