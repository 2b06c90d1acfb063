// Moves all runs from one store to another, whatever backend each is: run by run, from where it was cut off, and compared at the end.

import { isFinal } from '../protocol/events.js';
import { isAlive } from '../runtime/process/process-identity.js';
import type { RunRecord, Store } from '../storage/store.js';
import { pagesOf } from './gc-plan.js';
import { RunCopier } from './run-copy.js';
import { differences, digestRun } from './run-digest.js';

export interface MigrateOptions {
  /** Copy nothing, only compare. */
  readonly verifyOnly?: boolean;
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Ends it between two runs; the next migration goes on from there. */
  readonly signal?: AbortSignal;
}

export interface MigrationProgress {
  readonly phase: 'copy' | 'verify';
  readonly runId: string;
  /** Runs of this phase that are done, and all of them. */
  readonly done: number;
  readonly runs: number;
  /** Events and points copied since it began. */
  readonly events: number;
  readonly points: number;
}

export interface MigrationReport {
  /** Runs of the source. */
  readonly runs: number;
  readonly copied: readonly string[];
  /** Not copied, since they go on while it is done: migrate again when they have ended. */
  readonly live: readonly string[];
  /** Equal in both stores. */
  readonly verified: number;
  /** Runs that are not, and which parts of them. */
  readonly different: readonly { readonly runId: string; readonly parts: readonly string[] }[];
}

/**
 * Copies every run that is not live and that the target has not, and then compares all of them, byte by byte and point by point. A run
 * that is cut off is copied anew by the next migration. Throws the signal's reason on abort.
 */
export async function migrateRuns(from: Store, to: Store, options: MigrateOptions = {}): Promise<MigrationReport> {
  const records = await pagesOf((limit, offset) => from.findRuns({ deleted: 'include', limit, offset }));
  const migration = new Migration(from, to, options);
  const live: string[] = [];
  const still: RunRecord[] = [];
  for (const record of records) (await isLive(from, record)) ? live.push(record.runId) : still.push(record);
  // Oldest first: parents before their children.
  const ordered = still.reverse().map(({ runId }) => runId);
  const copied = options.verifyOnly === true ? [] : await migration.copy(ordered);
  const different = await migration.verify(ordered);
  return { runs: records.length, copied, live, verified: ordered.length - different.length, different };
}

class Migration {
  readonly #from: Store;
  readonly #to: Store;
  readonly #options: MigrateOptions;
  #progress: MigrationProgress = { phase: 'copy', runId: '', done: 0, runs: 0, events: 0, points: 0 };

  constructor(from: Store, to: Store, options: MigrateOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  /** The runs that were missing. */
  async copy(runIds: readonly string[]): Promise<string[]> {
    const copied: string[] = [];
    const copier = new RunCopier(this.#from, this.#to, (events, points) =>
      this.#tell({ events: this.#progress.events + events, points: this.#progress.points + points }),
    );
    for (const [done, runId] of runIds.entries()) {
      this.#options.signal?.throwIfAborted();
      this.#tell({ phase: 'copy', runId, done, runs: runIds.length });
      const record = await this.#from.getRun(runId);
      if (record === undefined || (await this.#to.getRun(runId)) !== undefined) continue;
      // What an earlier try left of it.
      await this.#to.deleteRun(runId);
      await copier.copy(record);
      copied.push(runId);
    }
    return copied;
  }

  async verify(runIds: readonly string[]): Promise<{ runId: string; parts: string[] }[]> {
    const different: { runId: string; parts: string[] }[] = [];
    for (const [done, runId] of runIds.entries()) {
      this.#options.signal?.throwIfAborted();
      this.#tell({ phase: 'verify', runId, done, runs: runIds.length });
      const parts = differences(await digestRun(this.#from, runId), await digestRun(this.#to, runId));
      if (parts.length > 0) different.push({ runId, parts });
    }
    return different;
  }

  #tell(change: Partial<MigrationProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#options.onProgress?.(this.#progress);
  }
}

/** True while a control plane that lives holds the run. */
async function isLive(store: Store, { status, owner }: RunRecord): Promise<boolean> {
  if (isFinal(status) || owner === null) return false;
  if (owner.writer !== undefined) return (await store.livingWriters?.())?.has(owner.writer) ?? false;
  return isAlive(owner);
}
