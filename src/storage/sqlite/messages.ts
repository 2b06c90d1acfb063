// What the main side and the storage thread say to each other, typed call by call.

import type { ErrorCode } from '../../protocol/errors.js';
import type { EntryQuery, RunQuery, SeriesData, SeriesQuery, SeriesSummary } from '../store.js';
import type { CommitRows, StoredBlock } from './rows.js';

/** A run as its two JSON columns. */
export interface RunColumns {
  readonly record: string;
  readonly details: string;
}

/** Each call: what it is given, and what it answers. Records answer as JSON text and are parsed by the caller. */
export interface Calls {
  commit: { given: CommitRows; answer: undefined };
  deleteRun: { given: string; answer: boolean };
  getRun: { given: string; answer: RunColumns | undefined };
  findRuns: { given: RunQuery; answer: RunColumns[] };
  getMarks: { given: string; answer: string[] };
  listSeries: { given: string; answer: SeriesSummary[] };
  readSeries: { given: SeriesQuery; answer: SeriesData[] };
  getEntries: { given: EntryQuery; answer: string[] };
  getCommands: { given: string; answer: string[] };
  getWarnings: { given: string; answer: string[] };
  /** One page of blocks with an id above `after`; empty: no more. */
  readBlocks: { given: { readonly runId: string; readonly after: number }; answer: StoredBlock[] };
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

/** `id` 0 answers the opening itself. */
export interface Response {
  readonly id: number;
  readonly answer?: unknown;
  readonly failure?: Failure;
}

export interface ThreadOptions {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Names this writer among all that ever write to the file. */
  readonly writerId: string;
  /** ms */
  readonly retryFor: number;
}
