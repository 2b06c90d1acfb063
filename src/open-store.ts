// Which store a control plane keeps its runs in, the data directory that it lies in, and a backup put in its place, for which nothing may be
// open yet. Each store is loaded only when it is used.

import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { XTrackError } from './protocol/index.js';
import type { StoreKind } from './server/http/control-plane.js';
import type { Restored, RestoreOptions } from './storage/sqlite/restore.js';
import type { Store } from './storage/store.js';

export type { Restored, RestoreOptions };

/** A store of the caller's own, or what makes one when it is started. It is closed with the control plane. */
export type GivenStore = Store | (() => Store | Promise<Store>);

export interface StoreChoice {
  readonly store?: 'sqlite' | 'memory' | GivenStore;
  readonly database?: string;
  readonly readOnly?: boolean;
  /** How long (ms) the start waits for a database that does not answer yet. Default 0; what it refuses is not waited for. */
  readonly waitForDatabase?: number;
}

/** The database in force; undefined: none. */
function databaseOf({ database, store }: StoreChoice): string | undefined {
  if (store === undefined) return database ?? (process.env.XTRACK_DATABASE || undefined);
  if (database !== undefined) {
    const named = typeof store === 'string' ? `store '${store}'` : 'store of your own';
    throw new XTrackError('XT_ARGUMENT', { detail: `a database takes no ${named}`, field: 'store' });
  }
  return undefined;
}

/** What the options, or the environment, ask for. */
export function storeKind(options: StoreChoice): StoreKind {
  if (options.store === 'memory') return 'memory';
  if (givenStore(options) !== undefined) return 'custom';
  return databaseOf(options) === undefined ? 'sqlite' : 'postgres';
}

/** What every store has: whatever lacks one of these is none. */
const VERBS = ['commit', 'getRun', 'findRuns', 'search', 'getEntries', 'readBlocks', 'close'] as const satisfies readonly (keyof Store)[];

function givenStore({ store }: StoreChoice): GivenStore | undefined {
  return store === undefined || store === 'sqlite' || store === 'memory' ? undefined : store;
}

async function takeStore(given: GivenStore): Promise<Store> {
  const store = typeof given === 'function' ? await given() : given;
  const missing = VERBS.filter((verb) => typeof (store as Partial<Store> | null | undefined)?.[verb] !== 'function');
  if (missing.length === 0) return store;
  throw new XTrackError('XT_ARGUMENT', {
    detail: `store is 'sqlite', 'memory' or an object with the methods of a Store; this one lacks ${missing.join(', ')}`,
    field: 'store',
  });
}

/** Opens the store that the options, or the environment, ask for. Errors: XT_STORE_OPEN, XT_STORE_VERSION, XT_ARGUMENT. */
export async function openStore(options: StoreChoice, directory: string): Promise<Store> {
  const url = databaseOf(options);
  if (options.store === 'memory') return await (await import('./storage/memory/store.js')).openMemoryStore();
  const given = givenStore(options);
  const readOnly = options.readOnly ?? false;
  if (!readOnly) await makePrivate(directory);
  if (given !== undefined) return await takeStore(given);
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

/**
 * Puts a file that `backup` wrote in the place of a data directory's store. Blocks this thread while it is checked. Errors: XT_FILE (no backup,
 * or a damaged one), XT_STORE_EXISTS (there are runs, and no `force`), XT_STORE_OPEN (another process has the data open), XT_STORE_VERSION.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  return await (await import('./storage/sqlite/restore.js')).restoreBackup(options);
}

/** What XTrack makes in the data directory, which is for its user alone. Where anything else lies the folder is somebody's for something else, too, and its mode is theirs. */
const OURS =
  /^(xtrack\.|spool$|runs$|media$|outputs$|token$|ingest-token$|keys\.json|session\.key|http\.json|audit\.|control\.|ballast)|\.(sock|sock\.lock)$/;

/** Makes the data directory (0700), or takes from others what an emitter that came first, or an unpack, gave them. Errors of the file system. */
async function makePrivate(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(directory);
  if ((mode & 0o077) === 0 || uid !== process.getuid?.()) return;
  const names = await readdir(directory);
  if (names.every((name) => OURS.test(name))) await chmod(directory, 0o700);
}
