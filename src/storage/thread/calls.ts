// What the main side and a storage thread say to each other, typed call by call.

import type { ErrorCode } from '../../protocol/errors.js';
import type { UnsettledMetrics } from '../search/metric-facts.js';
import type { SearchKeys, SearchPage, SearchQuery } from '../search/query.js';
import type { PointMark, PointPage, SeriesData, SeriesId, SeriesQuery, SeriesSummary } from '../series/series.js';
import type { BuriedWorker, Compacted, DeadLetter, EntryQuery, ExperimentSummary, Refusal, RunQuery, StoreChange } from '../store.js';
import type { CommitRows, ReplacementRows, StoredBlock } from './rows.js';

/** A run as its two JSON columns, and what else says something of it where these are damaged. */
export interface RunColumns {
  readonly runId: string;
  readonly name: string | null;
  readonly status: string | null;
  readonly experiment: string | null;
  readonly parent: string | null;
  readonly createdAt: number | null;
  readonly record: string;
  readonly details: string;
  /** µs since the epoch; null or left out: it is not in the trash. */
  readonly deletedAt?: number | null;
}

/** Each call: what it is given, and what it answers. Records answer as JSON text and are parsed by the caller. */
export interface Calls {
  commit: { given: CommitRows; answer: Refusal[] };
  deleteRun: { given: string; answer: boolean };
  setDeleted: { given: { readonly runId: string; readonly at: number | null }; answer: boolean };
  replaceDerived: { given: ReplacementRows; answer: boolean };
  getRun: { given: string; answer: RunColumns | undefined };
  findRuns: { given: RunQuery; answer: RunColumns[] };
  search: { given: SearchQuery; answer: SearchPage<RunColumns> };
  /** The same in a thread that writes nothing: what the one that writes knows of the runs being written is given. */
  searchBeside: {
    /** `within`: ms. */
    given: { readonly query: SearchQuery; readonly unsettled: readonly UnsettledMetrics[]; readonly within: number };
    answer: SearchPage<RunColumns>;
  };
  unsettledMetrics: { given: readonly string[]; answer: UnsettledMetrics[] };
  /** Null: of all runs. */
  listKeys: { given: readonly string[] | null; answer: SearchKeys };
  listExperiments: { given: null; answer: ExperimentSummary[] };
  getMarks: { given: string; answer: string[] };
  getRevision: { given: string; answer: number };
  getBuried: { given: string; answer: BuriedWorker[] };
  listSeries: { given: string; answer: SeriesSummary[] };
  readSeries: { given: SeriesQuery; answer: SeriesData[] };
  /** The answers to the first of the queries, at least to one. */
  readManySeries: { given: readonly SeriesQuery[]; answer: SeriesData[][] };
  /** The page behind `after`; empty: no more. */
  readPoints: { given: { readonly series: SeriesId; readonly after: PointMark | undefined }; answer: PointPage[] };
  getEntries: { given: EntryQuery; answer: string[] };
  countEntries: { given: EntryQuery; answer: number };
  getCommands: { given: string; answer: string[] };
  getWarnings: { given: string; answer: string[] };
  getDeadLetters: { given: string; answer: DeadLetter[] };
  /** One page of blocks with an id above `after`; empty: no more. */
  readBlocks: { given: { readonly runId: string; readonly after: number }; answer: StoredBlock[] };
  /** Changes of other processes are told from now on; only where a store can. */
  listen: { given: null; answer: undefined };
  /** Only where processes of several machines may share the store. */
  livingWriters: { given: null; answer: string[] };
  /** Only where others may write to the same file. */
  foreignRevision: { given: null; answer: string };
  deleteLogs: { given: { readonly runId: string; readonly before: number }; answer: number };
  runBytes: { given: string; answer: number };
  compact: { given: null; answer: Compacted };
  /** The path of the new file. */
  backup: { given: string; answer: undefined };
  close: { given: null; answer: undefined };
}

export type Method = keyof Calls;

export interface Request<M extends Method = Method> {
  readonly id: number;
  readonly method: M;
  readonly given: Calls[M]['given'];
}

export interface Failure {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** `id` 0 answers the opening itself; `change` answers nothing: another process has committed. */
export interface Response {
  readonly id: number;
  readonly change?: StoreChange;
  readonly answer?: unknown;
  readonly failure?: Failure;
}
