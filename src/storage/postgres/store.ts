// The shared store: one PostgreSQL database, written and read by one storage thread a process.

import { uuidv7 } from 'uuidv7';
import { inPackage } from '../../package/root.js';
import type { Store, StoreChange } from '../store.js';
import { StorageThread } from '../thread/storage-thread.js';
import { ThreadStore } from '../thread/thread-store.js';

/** The built file, also when this one runs from src/. */
const WORKER = inPackage('dist/bundle/postgres-worker.js');
/** How long an unknown outcome is looked into before a commit counts as failed (ms). */
const RETRY_MS = 10_000;

/** What the storage thread is started with. */
export interface ThreadOptions {
  readonly url: string;
  readonly readOnly: boolean;
  /** Names this writer among all that ever write to the database. */
  readonly writerId: string;
  /** ms */
  readonly retryFor: number;
  /** ms */
  readonly waitFor: number;
}

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, with whatever else `pg` and libpq take. PGPASSWORD and ~/.pgpass hold too. */
  readonly url: string;
  /** Only read: needs a schema, and sees everything that other processes commit. */
  readonly readOnly?: boolean;
  /**
   * How long (ms) a commit is tried again while the server is away or full, before it is refused. Default 10 s. Reads fail meanwhile;
   * close() ends it. A commit that is refused while the server cannot be reached may have been stored: the marks say so.
   */
  readonly retryFor?: number;
  /** How long (ms) opening waits for a server that does not answer yet. Default 0. A server that answers and refuses is not waited for. */
  readonly waitFor?: number;
}

/**
 * Opens the store in a database; makes its tables in the first schema of the search path. Any number of processes may open it, as
 * long as each run has one writer. Needs PostgreSQL 13 or newer and the package `pg`.
 * Throws XT_STORE_OPEN (no server, no access, no data to read, no `pg`), XT_STORE_VERSION (written by a newer XTrack), XT_STORE_OLD (read only,
 * and written by an older one).
 *
 * @example const store = await openPostgresStore({ url: 'postgres://xtrack@db.example.org/experiments' });
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const readOnly = options.readOnly ?? false;
  const threadOptions: ThreadOptions = {
    url: options.url,
    readOnly,
    writerId: uuidv7(),
    retryFor: options.retryFor ?? RETRY_MS,
    waitFor: options.waitFor ?? 0,
  };
  return new PostgresStore(await StorageThread.start(WORKER, threadOptions), threadOptions);
}

class PostgresStore extends ThreadStore {
  readonly writerId: string;

  constructor(thread: StorageThread, { readOnly, writerId }: ThreadOptions) {
    super(thread, readOnly);
    this.writerId = writerId;
  }

  async livingWriters(): Promise<ReadonlySet<string>> {
    this.checkOpen();
    return new Set(await this.thread.call('livingWriters', null));
  }

  onChange(listener: (change: StoreChange) => void): () => void {
    this.checkOpen();
    const stop = this.thread.listen(listener);
    // Where it fails now it is tried again for as long as the store is open.
    this.thread.call('listen', null).catch(() => undefined);
    return stop;
  }
}
