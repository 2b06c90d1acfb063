// The writing side of a storage thread: commits that outlast a full disk, and removals that work on one.

import { XTrackError } from '../../../protocol/errors.js';
import { Ballast, freeBytes } from '../../ballast.js';
import type { Refusal } from '../../store.js';
import { Persistence } from '../../thread/persistence.js';
import { Purge } from '../../thread/purge.js';
import type { CommitRows } from '../../thread/rows.js';
import type { Handlers } from '../../thread/thread-worker.js';
import { type Connections, openConnections } from '../connections.js';
import type { Reading } from '../reads/reading.js';
import { Relief } from '../relief.js';
import type { ThreadOptions } from '../store.js';
import { deleteLogSlice, setDeleted } from '../upkeep.js';
import { PURGE_SLICE } from './purge.js';
import { isTransient, type SqliteWriter } from './writer.js';

/** A store that was opened on a full disk looks for room of so many bytes before it opens anew. */
const ROOM = 256 * 1024;

export class Writing {
  readonly #options: ThreadOptions;
  readonly #reading: Reading;
  readonly #relief: Relief;
  readonly #persistence: Persistence;
  readonly #purge = new Purge(() => this.#purgeStep());
  #writer: SqliteWriter | undefined;
  #opening: Promise<void> | undefined;

  constructor(options: ThreadOptions, { writer }: Connections, reading: Reading) {
    this.#options = options;
    this.#writer = writer;
    this.#reading = reading;
    this.#relief = new Relief(new Ballast(options.directory));
    const commit = async (rows: CommitRows): Promise<Refusal[]> => {
      // What is being removed makes the room that a commit would take at once.
      if (this.#relief.goesFirst) throw noRoom();
      return (await this.#ready()).commit(rows);
    };
    this.#persistence = new Persistence({ commit, isTransient }, options.retryFor);
    void this.#purge.start();
  }

  handlers(): Pick<Handlers, 'commit' | 'deleteRun' | 'replaceDerived' | 'setDeleted' | 'deleteLogs' | 'compact' | 'foreignRevision'> {
    return {
      commit: (rows) => this.#persistence.commit(rows),
      deleteRun: (runId) => this.#deleteRun(runId),
      replaceDerived: async (rows) => {
        const replaced = (await this.#ready()).replaceDerived(rows);
        if (replaced) await this.#purge.start();
        return replaced;
      },
      setDeleted: async ({ runId, at }) => {
        const writer = await this.#ready();
        return await this.#relief.during(() => this.#relief.step(writer, () => writer.upkeep((own) => setDeleted(own, runId, at))));
      },
      deleteLogs: ({ runId, before }) => this.#deleteLogs(runId, before),
      foreignRevision: async () => (await this.#ready()).foreignRevision(),
      compact: async () => {
        const writer = await this.#ready();
        return await this.#relief.during(() => writer.compact(breathe));
      },
    };
  }

  /** Gives up on a commit that is being tried again. */
  async stop(): Promise<void> {
    this.#persistence.close();
    await this.#purge.stop();
  }

  close(): void {
    this.#writer?.close();
  }

  async #ready(): Promise<SqliteWriter> {
    if (this.#options.readOnly) throw new XTrackError('XT_STORE_READ_ONLY');
    if (this.#writer === undefined) {
      this.#opening ??= this.#open().finally(() => {
        this.#opening = undefined;
      });
      await this.#opening;
    }
    if (this.#writer === undefined) throw noRoom();
    return this.#writer;
  }

  /** Of a store that was opened on a full disk: the writer follows as soon as there is room. */
  async #open(): Promise<void> {
    if (freeBytes(this.#options.directory) < ROOM) throw noRoom();
    await this.#reading.swap(async () => {
      const connections = await openConnections(this.#options);
      this.#writer = connections.writer;
      return connections;
    });
    void this.#purge.start();
  }

  async #deleteRun(runId: string): Promise<boolean> {
    const writer = await this.#ready();
    return await this.#relief.during(async () => {
      const deleted = this.#relief.step(writer, () => writer.deleteRun(runId));
      if (deleted) await this.#purge.start();
      // Room in the file is no room on the disk yet.
      if (this.#relief.goesFirst) await writer.compact(breathe);
      return deleted;
    });
  }

  #purgeStep(): boolean {
    const writer = this.#writer;
    return writer === undefined || this.#relief.step(writer, (part) => writer.purge(Math.ceil(PURGE_SLICE / part)));
  }

  /** Slice by slice, with commits in between. */
  async #deleteLogs(runId: string, before: number): Promise<number> {
    const writer = await this.#ready();
    return await this.#relief.during(async () => {
      let removed = 0;
      for (let last: number | undefined = 0; last !== undefined; ) {
        const after: number = last;
        const slice = this.#relief.step(writer, () => writer.upkeep((own) => deleteLogSlice(own, runId, before, after)));
        removed += slice.removed;
        last = slice.last;
        await breathe();
      }
      return removed;
    });
  }
}

function breathe(): Promise<void> {
  return new Promise((resume) => setImmediate(resume));
}

function noRoom(): XTrackError {
  const cause = Object.assign(new XTrackError('XT_STORE_WRITE'), { code: 'SQLITE_FULL' });
  return new XTrackError('XT_STORE_WRITE', { detail: 'the disk is full', cause });
}
