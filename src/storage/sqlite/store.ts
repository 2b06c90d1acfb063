// The embedded store: one SQLite file in a data directory, written and read by one storage thread.

import { uuidv7 } from 'uuidv7';
import { XTrackError } from '../../protocol/errors.js';
import { checkPage } from '../checks.js';
import { decodeJson } from '../json.js';
import type {
  Batch,
  Block,
  CommandRecord,
  Entry,
  EntryQuery,
  RunQuery,
  RunRecord,
  RunWarning,
  SeriesData,
  SeriesQuery,
  SeriesSummary,
  Store,
  WorkerMark,
} from '../store.js';
import { type CommitRows, DetailsMemory, toBlock, toRows, toRun } from './rows.js';
import { StorageThread } from './thread.js';

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
 * Throws XT_STORE_OPEN (no access, no data to read, an unsafe SQLite), XT_STORE_VERSION (written by a newer XTrack).
 *
 * @example const store = await openSqliteStore({ directory: '/var/lib/xtrack' });
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const readOnly = options.readOnly ?? false;
  const thread = await StorageThread.start({
    directory: options.directory,
    readOnly,
    writerId: uuidv7(),
    retryFor: options.retryFor ?? 0,
  });
  return new SqliteStore(thread, readOnly);
}

class SqliteStore implements Store {
  readonly #thread: StorageThread;
  readonly #readOnly: boolean;
  readonly #details = new DetailsMemory();
  #commits = 0;
  #closing: Promise<void> | undefined;

  constructor(thread: StorageThread, readOnly: boolean) {
    this.#thread = thread;
    this.#readOnly = readOnly;
  }

  async commit(batch: Batch): Promise<void> {
    this.#checkOpen();
    if (this.#readOnly) throw new XTrackError('XT_STORE_READ_ONLY');
    this.#commits += 1;
    const rows = toRows(batch, this.#commits, this.#details);
    try {
      await this.#thread.call('commit', rows, memoryOf(rows));
    } catch (error) {
      for (const run of batch.runs) this.#details.forget(run.runId);
      throw error;
    }
    this.#details.remember(batch.runs);
  }

  async deleteRun(runId: string): Promise<boolean> {
    this.#checkOpen();
    this.#details.forget(runId);
    return await this.#thread.call('deleteRun', runId);
  }

  async getRun(runId: string): Promise<RunRecord | undefined> {
    this.#checkOpen();
    const row = await this.#thread.call('getRun', runId);
    return row === undefined ? undefined : toRun(row);
  }

  async findRuns(query: RunQuery): Promise<RunRecord[]> {
    this.#checkOpen();
    checkPage(query);
    return (await this.#thread.call('findRuns', query)).map(toRun);
  }

  async getMarks(runId: string): Promise<WorkerMark[]> {
    this.#checkOpen();
    return (await this.#thread.call('getMarks', runId)).map(decodeJson<WorkerMark>);
  }

  async listSeries(runId: string): Promise<SeriesSummary[]> {
    this.#checkOpen();
    return await this.#thread.call('listSeries', runId);
  }

  async readSeries(query: SeriesQuery): Promise<SeriesData[]> {
    this.#checkOpen();
    checkPage(query);
    return await this.#thread.call('readSeries', query);
  }

  async getEntries(query: EntryQuery): Promise<Entry[]> {
    this.#checkOpen();
    checkPage(query);
    return (await this.#thread.call('getEntries', query)).map(decodeJson<Entry>);
  }

  async getCommands(runId: string): Promise<CommandRecord[]> {
    this.#checkOpen();
    return (await this.#thread.call('getCommands', runId)).map(decodeJson<CommandRecord>);
  }

  async getWarnings(runId: string): Promise<RunWarning[]> {
    this.#checkOpen();
    return (await this.#thread.call('getWarnings', runId)).map(decodeJson<RunWarning>);
  }

  async *readBlocks(runId: string): AsyncIterable<Block> {
    let after = 0;
    for (;;) {
      this.#checkOpen();
      const page = await this.#thread.call('readBlocks', { runId, after });
      const last = page.at(-1);
      if (last === undefined) return;
      for (const block of page) yield toBlock(runId, block);
      after = last.id;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#thread.call('close', null);
    return this.#closing;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new XTrackError('XT_CLOSED', { detail: 'the store is closed' });
  }
}

function memoryOf({ blocks, deadLetters, points }: CommitRows): ArrayBuffer[] {
  const memory = new Set<ArrayBuffer>();
  for (const { bytes } of [...blocks, ...deadLetters]) memory.add(bytes.buffer as ArrayBuffer);
  for (const column of [points.track, points.seq, points.step, points.epoch, points.ts, points.value])
    memory.add(column.buffer as ArrayBuffer);
  return [...memory];
}
