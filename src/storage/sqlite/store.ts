// The embedded store: one SQLite file in a data directory, written and read by one storage thread.

import { uuidv7 } from 'uuidv7';
import { inPackage } from '../../package/root.js';
import { XTrackError } from '../../protocol/errors.js';
import { toRun } from '../run-columns.js';
import { metricsIn, type SearchPage, type SearchQuery } from '../search/query.js';
import type { Compacted, ExperimentSummary, RunRecord, Store } from '../store.js';
import { StorageThread } from '../thread/storage-thread.js';
import { ThreadStore } from '../thread/thread-store.js';
import { SideThread } from './side-thread.js';

/** How long the other thread waits for a lock (ms): where this one has the file for itself, on a full disk, it would wait in vain. */
const BESIDE_BUSY_MS = 200;
const OPENING: ReadonlySet<string> = new Set(['XT_STORE_OPEN', 'XT_STORE_OLD']);

/** The built file, also when this one runs from src/. */
const WORKER = inPackage('dist/bundle/sqlite-worker.js');

/** What the storage thread is started with. */
export interface ThreadOptions {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Names this writer among all that ever write to the file. */
  readonly writerId: string;
  /** ms */
  readonly retryFor: number;
  /** How long a read waits for another connection's lock (ms); left out: 5 s. */
  readonly busyFor?: number;
}

export interface SqliteStoreOptions {
  /** Holds `xtrack.db`; made (for this user alone) where there is none. Never on a network file system. */
  readonly directory: string;
  /** Only read: needs data, and sees everything that other processes commit. */
  readonly readOnly?: boolean;
  /**
   * How long (ms) a commit is tried again that fails because the disk is full or away, before it is refused. Default 0. Reads go on
   * meanwhile; close() ends it.
   */
  readonly retryFor?: number;
}

/**
 * Opens the store of a data directory. Several processes may open it at once, as long as each run has one writer.
 * Throws XT_STORE_OPEN (no access, no data to read), XT_SQLITE (no SQLite, or an unsafe one), XT_STORE_VERSION (written by a newer XTrack).
 *
 * @example const store = await openSqliteStore({ directory: '/var/lib/xtrack' });
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const readOnly = options.readOnly ?? false;
  const threadOptions: ThreadOptions = {
    directory: options.directory,
    readOnly,
    writerId: uuidv7(),
    retryFor: options.retryFor ?? 0,
  };
  return new SqliteStore(await StorageThread.start(WORKER, threadOptions), threadOptions);
}

class SqliteStore extends ThreadStore {
  readonly #options: ThreadOptions;
  /** Two, so that a costly search does not hold up all others. */
  readonly #sides: readonly SideThread[];

  constructor(thread: StorageThread, options: ThreadOptions) {
    super(thread, options.readOnly);
    this.#options = options;
    const beside: ThreadOptions = { ...options, readOnly: true, busyFor: BESIDE_BUSY_MS };
    this.#sides = [new SideThread(WORKER, beside), new SideThread(WORKER, beside)];
  }

  override async search(query: SearchQuery): Promise<SearchPage<RunRecord>> {
    const keys = metricsIn(query);
    return await this.#beside(
      async () => {
        const unsettled = keys.length === 0 ? [] : await this.thread.call('unsettledMetrics', keys);
        const page = await this.#side.search({ query, unsettled });
        return { ...page, runs: page.runs.map(toRun) };
      },
      () => super.search(query),
    );
  }

  override async listExperiments(): Promise<ExperimentSummary[]> {
    return await this.#beside(
      () => this.#side.ask('listExperiments', null),
      () => super.listExperiments(),
    );
  }

  override async runBytes(runId: string): Promise<number> {
    return await this.#beside(
      () => this.#side.ask('runBytes', runId),
      () => super.runBytes(runId),
    );
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), ...this.#sides.map((side) => side.close())]);
  }

  /** The one that is asked least; the second is started only where the first has something to do. */
  get #side(): SideThread {
    return this.#sides.reduce((least, side) => (side.waiting < least.waiting ? side : least));
  }

  /** In the other thread, where there are commits to keep clear of and it can be opened: not on a full disk. */
  async #beside<T>(there: () => Promise<T>, here: () => Promise<T>): Promise<T> {
    this.checkOpen();
    if (this.#options.readOnly) return await here();
    try {
      return await there();
    } catch (error) {
      if (error instanceof XTrackError && OPENING.has(error.code)) return await here();
      throw error;
    }
  }

  async foreignRevision(): Promise<string> {
    this.checkOpen();
    return await this.thread.call('foreignRevision', null);
  }

  async compact(): Promise<Compacted> {
    this.checkOpen();
    return await this.thread.call('compact', null);
  }

  /** In a thread of its own: the storage thread goes on committing meanwhile. */
  async backup(file: string): Promise<void> {
    this.checkOpen();
    const thread = await StorageThread.start(WORKER, { ...this.#options, readOnly: true });
    try {
      await thread.call('backup', file);
    } finally {
      await thread.call('close', null);
    }
  }
}
