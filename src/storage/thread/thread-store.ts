// The main side of every store that lives in a storage thread: guards, records to rows and back, memory handed over.

import { XTrackError } from '../../protocol/errors.js';
import { packCargo } from '../cargo.js';
import { TrackBook } from '../points/track-book.js';
import { toCommands, toEntries, toMarks, toWarnings } from '../record-rows.js';
import { checkPage } from '../refusals.js';
import { toRun } from '../run-columns.js';
import type { SearchKeys, SearchPage, SearchQuery } from '../search/query.js';
import type { PointMark, PointPage, SeriesData, SeriesId, SeriesQuery, SeriesSummary } from '../series/series.js';
import type {
  Batch,
  Block,
  BuriedWorker,
  CommandRecord,
  DeadLetter,
  Entry,
  EntryQuery,
  ExperimentSummary,
  Refusal,
  Replacement,
  RunQuery,
  RunRecord,
  RunWarning,
  Store,
  WorkerMark,
} from '../store.js';
import { asideOf, DetailsMemory, toBlock, toReplacement, toRows } from './rows.js';
import type { Handover, StorageThread } from './storage-thread.js';

export class ThreadStore implements Store {
  protected readonly thread: StorageThread;
  readonly #readOnly: boolean;
  readonly #details = new DetailsMemory();
  readonly #tracks = new TrackBook();
  #commits = 0;
  #closing: Promise<void> | undefined;

  constructor(thread: StorageThread, readOnly: boolean) {
    this.thread = thread;
    this.#readOnly = readOnly;
  }

  async commit(batch: Batch): Promise<readonly Refusal[]> {
    this.checkOpen();
    if (this.#readOnly) throw new XTrackError('XT_STORE_READ_ONLY');
    this.#commits += 1;
    for (const runId of batch.released ?? []) this.#details.forget(runId);
    const rows = toRows(batch, this.#commits, this.#details);
    this.#tracks.release(rows.released);
    this.#tracks.add(rows.tracks);
    // Another thread than before has not heard of the series yet.
    const given = (fresh: boolean): Handover<'commit'> => {
      const cargo = packCargo(fresh ? { ...rows, tracks: this.#tracks.all() } : rows);
      return { given: cargo.rows, memory: cargo.memory };
    };
    try {
      const refusals = await this.thread.callLasting('commit', given);
      this.#details.remember(batch.runs);
      for (const { runId } of refusals) this.#details.forget(runId);
      return refusals;
    } catch (error) {
      for (const run of batch.runs) this.#details.forget(run.runId);
      throw error;
    }
  }

  get trouble(): string | null {
    return this.thread.trouble?.detail ?? null;
  }

  async deleteRun(runId: string): Promise<boolean> {
    this.checkOpen();
    this.#details.forget(runId);
    return await this.thread.call('deleteRun', runId);
  }

  async setDeleted(runId: string, at: number | null): Promise<boolean> {
    this.checkOpen();
    return await this.thread.call('setDeleted', { runId, at });
  }

  async deleteLogs(runId: string, before: number): Promise<number> {
    this.checkOpen();
    return await this.thread.call('deleteLogs', { runId, before });
  }

  async dropAside(runId: string): Promise<void> {
    await this.deleteRun(asideOf(runId));
  }

  async replaceDerived(replacement: Replacement): Promise<boolean> {
    this.checkOpen();
    if (this.#readOnly) throw new XTrackError('XT_STORE_READ_ONLY');
    this.#details.forget(replacement.run.runId);
    return await this.thread.call('replaceDerived', toReplacement(replacement));
  }

  async runBytes(runId: string): Promise<number> {
    this.checkOpen();
    return await this.thread.call('runBytes', runId);
  }

  async getRun(runId: string): Promise<RunRecord | undefined> {
    this.checkOpen();
    const row = await this.thread.call('getRun', runId);
    return row === undefined ? undefined : toRun(row);
  }

  async findRuns(query: RunQuery): Promise<RunRecord[]> {
    this.checkOpen();
    checkPage(query);
    return (await this.thread.call('findRuns', query)).map(toRun);
  }

  async search(query: SearchQuery): Promise<SearchPage<RunRecord>> {
    this.checkOpen();
    const page = await this.thread.call('search', query);
    return { ...page, runs: page.runs.map(toRun) };
  }

  async listKeys(experiments?: readonly string[]): Promise<SearchKeys> {
    this.checkOpen();
    return await this.thread.call('listKeys', experiments ?? null);
  }

  async listExperiments(): Promise<ExperimentSummary[]> {
    this.checkOpen();
    return await this.thread.call('listExperiments', null);
  }

  async getMarks(runId: string): Promise<WorkerMark[]> {
    this.checkOpen();
    return toMarks<WorkerMark>(await this.thread.call('getMarks', runId), runId);
  }

  async getRevision(runId: string): Promise<number> {
    this.checkOpen();
    return await this.thread.call('getRevision', runId);
  }

  async getBuried(runId: string): Promise<BuriedWorker[]> {
    this.checkOpen();
    return await this.thread.call('getBuried', runId);
  }

  async listSeries(runId: string): Promise<SeriesSummary[]> {
    this.checkOpen();
    return await this.thread.call('listSeries', runId);
  }

  async readSeries(query: SeriesQuery): Promise<SeriesData[]> {
    this.checkOpen();
    checkPage(query);
    return await this.thread.call('readSeries', query);
  }

  async *readManySeries(queries: readonly SeriesQuery[]): AsyncIterable<SeriesData[]> {
    for (const query of queries) checkPage(query);
    const pageFrom = (from: number): Promise<SeriesData[][]> => {
      this.checkOpen();
      const page = this.thread.call('readManySeries', from === 0 ? queries : queries.slice(from));
      // Nobody waits for it where no more is taken.
      page.catch(() => undefined);
      return page;
    };
    for (let next = queries.length === 0 ? undefined : pageFrom(0), from = 0; next !== undefined; ) {
      const page: SeriesData[][] = await next;
      from += page.length;
      // The thread reads on while these are made use of.
      next = from < queries.length ? pageFrom(from) : undefined;
      yield* page;
    }
  }

  async *readPoints(series: SeriesId): AsyncIterable<PointPage> {
    let after: PointMark | undefined;
    for (;;) {
      this.checkOpen();
      const [page] = await this.thread.call('readPoints', { series, after });
      if (page === undefined) return;
      yield page;
      after = { incarnation: page.incarnation, seq: page.seq.at(-1) as number };
    }
  }

  async getEntries(query: EntryQuery): Promise<Entry[]> {
    this.checkOpen();
    checkPage(query);
    return toEntries(await this.thread.call('getEntries', query), query.runId, query.kind);
  }

  async countEntries(query: EntryQuery): Promise<number> {
    this.checkOpen();
    return await this.thread.call('countEntries', query);
  }

  async getCommands(runId: string): Promise<CommandRecord[]> {
    this.checkOpen();
    return toCommands(await this.thread.call('getCommands', runId));
  }

  async getWarnings(runId: string): Promise<RunWarning[]> {
    this.checkOpen();
    return toWarnings(await this.thread.call('getWarnings', runId), runId);
  }

  async getDeadLetters(runId: string): Promise<DeadLetter[]> {
    this.checkOpen();
    return await this.thread.call('getDeadLetters', runId);
  }

  async *readBlocks(runId: string, from = 0): AsyncIterable<Block> {
    let after = from;
    for (;;) {
      this.checkOpen();
      const page = await this.thread.call('readBlocks', { runId, after });
      const last = page.at(-1);
      if (last === undefined) return;
      for (const block of page) yield toBlock(runId, block);
      after = last.id;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.thread.call('close', null);
    return this.#closing;
  }

  protected checkOpen(): void {
    if (this.#closing !== undefined) throw new XTrackError('XT_CLOSED', { detail: 'the store is closed' });
  }
}
