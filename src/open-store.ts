// Which store a control plane keeps its runs in; each is loaded only when it is used.

import { makePrivate } from './private-folder.js';
import { XTrackError } from './protocol/index.js';
import type { StoreKind } from './server/http/control-plane.js';
import type { Store } from './storage/store.js';

export interface StoreChoice {
  readonly store?: 'sqlite' | 'memory';
  readonly database?: string;
  readonly readOnly?: boolean;
  /** How long (ms) the start waits for a database that does not answer yet. Default 0; what it refuses is not waited for. */
  readonly waitForDatabase?: number;
}

/** The database in force; undefined: none. */
function databaseOf({ database, store }: StoreChoice): string | undefined {
  if (store === undefined) return database ?? (process.env.XTRACK_DATABASE || undefined);
  if (database !== undefined) throw new XTrackError('XT_ARGUMENT', { detail: `a database takes no store '${store}'`, field: 'store' });
  return undefined;
}

/** What the options, or the environment, ask for. */
export function storeKind(options: StoreChoice): StoreKind {
  if (options.store === 'memory') return 'memory';
  return databaseOf(options) === undefined ? 'sqlite' : 'postgres';
}

/** Opens the store that the options, or the environment, ask for. Errors: XT_STORE_OPEN, XT_STORE_VERSION, XT_ARGUMENT. */
export async function openStore(options: StoreChoice, directory: string): Promise<Store> {
  const url = databaseOf(options);
  if (options.store === 'memory') return await (await import('./storage/memory/store.js')).openMemoryStore();
  const readOnly = options.readOnly ?? false;
  if (!readOnly) await makePrivate(directory);
  // While the disk or the server is full or away acks stop, reading stops and the emitters' spools fill; all resumes by itself.
  const retryFor = Number.POSITIVE_INFINITY;
  if (url !== undefined)
    return await (await import('./storage/postgres/store.js')).openPostgresStore({
      url,
      readOnly,
      retryFor,
      waitFor: options.waitForDatabase ?? 0,
    });
  return await (await import('./storage/sqlite/store.js')).openSqliteStore({
    directory,
    readOnly,
    retryFor,
  });
}
