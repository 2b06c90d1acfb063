// The store port: what the runtime and the queries ask of a backend. `memory/` and `sqlite/` implement it,
// and `src/testing/store-contract.ts` is its executable contract.
//
// Lifecycle: a store is open when its factory resolves; close() flushes, is safe twice, and nothing is called after it.
// Truth: the blocks (exact bytes of the accepted frames). Everything else is derived from them.

import type { CommandType } from '../protocol/collector-messages.js';
import type {
  Artifact,
  Change,
  Checkpoint,
  Environment,
  JsonValue,
  Knob,
  LogEntry,
  LogLevel,
  Param,
  ProcessExit,
  Progress,
  RunError,
  Source,
  WorkerStatus,
} from '../protocol/events.js';
import type { SearchKeys, SearchPage, SearchQuery } from './search/query.js';
import type { PointColumns, PointPage, SeriesData, SeriesId, SeriesQuery, SeriesSummary, TrackDefinition } from './series/series.js';

export type {
  PointColumns,
  PointPage,
  SeriesAxis,
  SeriesData,
  SeriesId,
  SeriesQuery,
  SeriesSummary,
  TrackDefinition,
} from './series/series.js';

/** `interrupted`: it was live, contact is lost, and it goes on as soon as its worker reconnects. */
export type RunStatus = 'pending' | WorkerStatus | 'interrupted';

/** One worker's own status within its run. */
export interface WorkerRecord {
  readonly worker: string;
  /** The newest incarnation. */
  readonly incarnation: string;
  readonly status: RunStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly hostname: string | null;
}

/** The process behind a run that this control plane spawned. */
export interface ProcessRecord {
  readonly pid: number;
  /** Start time of the process in kernel ticks since boot, with the boot id: tells a reused pid from the real one. */
  readonly startTime: string;
  /** Where control planes of several machines share a store: the name of the one that it runs on. */
  readonly host?: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** ms between two samples of its system metrics; absent where the control plane takes none. */
  readonly sampledEveryMs?: number;
  /** Keys in its output are recorded as they are; absent where they are masked. */
  readonly unmasked?: boolean;
}

/** Which control plane holds a live run: pid and start time of its process. */
export interface Owner {
  readonly pid: number;
  readonly startTime: string;
  /** Where other machines may hold runs of the same store: the name of this one, and Store.writerId. */
  readonly host?: string;
  readonly writer?: string;
  /** Where workers reach it: `tcp://host:port`, `tls://host:port`, `unix:/path`. */
  readonly at?: readonly string[];
}

/** One run as a row: everything about it but its series, params, artifacts, checkpoints and logs. Times: µs since the epoch. */
export interface RunRecord {
  readonly runId: string;
  readonly name: string | null;
  readonly status: RunStatus;
  readonly experimentId: string | null;
  readonly parentRunId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly source: Source | null;
  readonly environment: Environment | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly message: string | null;
  readonly progress: Progress | null;
  readonly error: RunError | null;
  readonly exit: ProcessExit | null;
  readonly finalMetrics: Readonly<Record<string, number>> | null;
  readonly workers: readonly WorkerRecord[];
  /** Events by type, duplicates not counted. */
  readonly counts: Readonly<Record<string, number>>;
  /** Bytes of stdout and stderr that are captured already, where the run is a spawned process. */
  readonly captured: { readonly stdout: number; readonly stderr: number };
  readonly process: ProcessRecord | null;
  readonly owner: Owner | null;
  /** When it was moved to the trash; left out: it was not. Only `setDeleted` changes it, never a commit. */
  readonly deletedAt?: number;
  /** Why its row cannot be read; what is said of it is then what else is known. Left out: it is sound. */
  readonly damaged?: string;
}

/** A range of sequence numbers, both ends included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** A range that the emitter declared as dropped. */
export interface DeclaredGap extends SeqRange {
  readonly reason: string | null;
  readonly counts: Readonly<Record<string, number>> | null;
}

/** What is durable of one incarnation: 1..contiguous and, beyond the first hole, `beyond` (sorted, disjoint). */
export interface WorkerMark {
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly contiguous: number;
  readonly beyond: readonly SeqRange[];
  /** Highest seq that the emitter is known to have made, where that is more than has arrived: a lost tail. */
  readonly expected?: number;
  readonly declared: readonly DeclaredGap[];
  readonly duplicates: number;
  /** ts of the incarnation's run_start: tells a replay from a new life where the emitter sends no incarnation. */
  readonly startTs: number | null;
  /** True where the emitter sends no incarnation and this one was implied. */
  readonly implied: boolean;
}

/** Exact bytes of accepted frames of one run, in the order accepted. */
export interface BlockInput {
  readonly runId: string;
  readonly bytes: Uint8Array;
  readonly events: number;
  /** Incarnation implied for each worker whose frames here carry none. */
  readonly implied: Readonly<Record<string, string>>;
}

export interface Block extends BlockInput {
  readonly id: number;
}

/** Events that are kept as rows of their own. */
export type Entry = Param | Artifact | Checkpoint | LogEntry | Knob | Change;
export type EntryKind = Entry['type'];

export interface CommandRecord {
  readonly commandId: string;
  readonly runId: string;
  readonly command: CommandType;
  readonly payload: Readonly<Record<string, JsonValue>>;
  /** Who gave it; null where nobody was named. */
  readonly issuedBy: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly status: 'pending' | 'sent' | 'ok' | 'error' | 'unsupported' | 'expired';
  readonly result: JsonValue | null;
  readonly error: string | null;
  readonly answeredAt: number | null;
}

/** Something wrong that did not stop the run: a dropped field, a refused event, a half-written tail. */
export interface RunWarning {
  readonly runId: string;
  readonly at: number;
  readonly code: string;
  readonly detail: string;
  readonly field: string | null;
  readonly worker: string;
  readonly seq: number | null;
}

/** Bytes that were refused or skipped, kept (first 4 KiB) for whoever looks for them. */
export interface DeadLetter {
  readonly runId: string;
  readonly at: number;
  readonly code: string;
  readonly bytes: Uint8Array;
}

/**
 * One transaction. The typed arrays in `blocks` and `points` belong to the store from the call on
 * (it may transfer them to another thread); the caller must not touch them again.
 */
export interface Batch {
  readonly blocks: readonly BlockInput[];
  /** Tracks seen for the first time by this process; points refer to them from this batch on. */
  readonly tracks: readonly TrackDefinition[];
  readonly points: PointColumns;
  readonly runs: readonly RunRecord[];
  readonly marks: readonly WorkerMark[];
  readonly entries: readonly Entry[];
  readonly commands: readonly CommandRecord[];
  readonly warnings: readonly RunWarning[];
  readonly deadLetters: readonly DeadLetter[];
  /** The state that each run's part grew from; a run without: whatever it is. */
  readonly revisions?: readonly RevisionStep[];
  /** Runs of which nothing is in memory any more: their series are forgotten, before those in `tracks` are learned. */
  readonly released?: readonly string[];
  /** Points and entries alone, out of sight until `replaceDerived` puts them in the place of those that their runs have. */
  readonly aside?: true;
}

/** What is derived of a run, made anew: beside it, what was committed `aside`. */
export interface Replacement {
  readonly run: RunRecord;
  readonly marks: readonly WorkerMark[];
  readonly revision: RevisionStep;
}

/**
 * A run's revision is a number that means nothing but which state it is in: every commit of the run gives it another one. `from` is what
 * the run's part of the batch grew from (0: there was no such run), `to` what it is to be afterwards (no two commits ever choose the same).
 * Where the store finds another one than `from`, somebody else wrote to the run, or removed it: its part is refused.
 */
export interface RevisionStep {
  readonly runId: string;
  readonly from: number;
  readonly to: number;
}

/** A run whose part of a batch was not stored, though the rest of it was. */
export interface Refusal {
  readonly runId: string;
  /** XT_RUN_CHANGED: it is not in the state that its part grew from. XT_STORE_WRITE: the store cannot hold what is in it. */
  readonly code: 'XT_RUN_CHANGED' | 'XT_STORE_WRITE';
  readonly detail: string;
}

/** An incarnation of a worker of a run that was removed for good. */
export interface BuriedWorker {
  readonly worker: string;
  readonly incarnation: string;
}

/** Which runs; newest first. All given conditions must hold. */
export interface RunQuery {
  readonly experimentId?: string;
  readonly parentRunId?: string;
  readonly status?: RunStatus | readonly RunStatus[];
  readonly tags?: Readonly<Record<string, string>>;
  /** Substring of the name or the run id, case ignored. */
  readonly text?: string;
  /** Created at or after / before, µs since the epoch. */
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  /** Runs in the trash are left out unless they are asked for: with the others, or alone. */
  readonly deleted?: 'include' | 'only';
  readonly limit?: number;
  readonly offset?: number;
}

/** One page of a run's entries of one kind, in the order logged. */
export interface EntryQuery {
  readonly runId: string;
  readonly kind: EntryKind;
  readonly limit?: number;
  readonly offset?: number;
  /** Take the page from the newest end; still returned oldest first. */
  readonly newest?: boolean;
  /** Logs only. */
  readonly levels?: readonly LogLevel[];
  /** Logs only: substring of the message, case ignored. */
  readonly text?: string;
  /** Artifacts only: `content`, where there is any, comes empty; it may be a mebibyte each. */
  readonly bare?: true;
}

/** All runs of one experiment, but for those in the trash. */
export interface ExperimentSummary {
  /** Null: the runs of none. */
  readonly experimentId: string | null;
  readonly runs: number;
  /** Runs that are not over. */
  readonly live: number;
  /** µs since the epoch; null: none was started. */
  readonly lastStartedAt: number | null;
}

/** What another process has committed. */
export interface StoreChange {
  /**
   * Each run that was written, with the id of its newest block before (0: none), and whether commands of it were. Null: contact was
   * lost, anything may have changed.
   */
  readonly runs: readonly { readonly runId: string; readonly after: number; readonly steered?: true }[] | null;
}

/** Writing side of a store. */
export interface StoreWriter {
  /**
   * Makes the batch durable as one transaction (fsync included) and only then resolves, to the runs whose part of it was refused: that of
   * the others is stored. Throws XT_STORE_WRITE with nothing stored, or, where it had to be given up, with the outcome unknown: then the
   * revisions say so.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a store that refuses no run alone says nothing.
  commit(batch: Batch): Promise<readonly Refusal[] | void>;
  /** Removes the run and all that belongs to it, and remembers its workers for a month. Resolves false when there is no such run. */
  deleteRun(runId: string): Promise<boolean>;
  /**
   * Moves the run to the trash (`at`: µs since the epoch) or out of it (null). What is committed to a run in the trash is kept, and leaves it
   * there. Resolves false when there is no such run.
   */
  setDeleted(runId: string, at: number | null): Promise<boolean>;
}

/** Bytes that a store takes on disk. */
export interface Compacted {
  readonly before: number;
  readonly after: number;
}

/** What a store does for its own upkeep, where it can. */
export interface StoreUpkeep {
  /** Removes the run's log lines of before a time (µs since the epoch) and says how many; the event log keeps them. */
  deleteLogs?(runId: string, before: number): Promise<number>;
  /** About so many bytes of the store are the run's: what a purge frees. */
  runBytes?(runId: string): Promise<number>;
  /** Gives the space of what was deleted back to the disk. */
  compact?(): Promise<Compacted>;
  /** Forgets what was committed `aside` for a run. */
  dropAside?(runId: string): Promise<void>;
  /**
   * Everything derived of a run gives way to what was made anew, in one transaction; blocks, commands, warnings and refused bytes stay as
   * they are. Resolves false, with nothing changed, where the run is not in the state that the replacement grew from.
   */
  replaceDerived?(replacement: Replacement): Promise<boolean>;
  /**
   * Writes a consistent copy of everything committed to a new file (mode 0600, synced, there whole or not at all) while commits go on.
   * Throws XT_FILE.
   */
  backup?(file: string): Promise<void>;
}

/** Reading side of a store. Sees every batch whose commit() has resolved. */
export interface StoreReader {
  getRun(runId: string): Promise<RunRecord | undefined>;
  findRuns(query: RunQuery): Promise<RunRecord[]>;
  /** Runs of which the condition is true, exact to the last committed point. Throws XT_ARGUMENT for a limit or a cursor that is none. */
  search(query: SearchQuery): Promise<SearchPage<RunRecord>>;
  /** The keys that there are to search by; of the runs of some experiments where they are named. */
  listKeys(experiments?: readonly string[]): Promise<SearchKeys>;
  /** The one in which a run was started last comes first. */
  listExperiments(): Promise<ExperimentSummary[]>;
  getMarks(runId: string): Promise<WorkerMark[]>;
  /** See RevisionStep; 0: there is no such run. Only where the store keeps it. */
  getRevision?(runId: string): Promise<number>;
  /** The workers of a run of this id that was removed for good within the last month: what still comes from them is late. */
  getBuried?(runId: string): Promise<BuriedWorker[]>;
  /** Every series of the run, exact to the last committed point; ordered by key, phase, worker. */
  listSeries(runId: string): Promise<SeriesSummary[]>;
  readSeries(query: SeriesQuery): Promise<SeriesData[]>;
  /** The answer to each query in turn, as readSeries gives it, each of its own moment: a few at a time, so that memory stays bounded. */
  readManySeries(queries: readonly SeriesQuery[]): AsyncIterable<SeriesData[]>;
  /**
   * Every point of a series in its order, superseded ones included, in pages of about 100,000: memory stays bounded however long it
   * is. Each page is of its own moment; a point that comes in behind the place that was read is left out.
   */
  readPoints(series: SeriesId): AsyncIterable<PointPage>;
  /** Params: the last value of each key, ordered by key. */
  getEntries(query: EntryQuery): Promise<Entry[]>;
  /** How many entries the query finds on all its pages. */
  countEntries(query: Omit<EntryQuery, 'limit' | 'offset' | 'newest'>): Promise<number>;
  getCommands(runId: string): Promise<CommandRecord[]>;
  getWarnings(runId: string): Promise<RunWarning[]>;
  getDeadLetters?(runId: string): Promise<DeadLetter[]>;
  /** The run's blocks in the order committed: joined, they are its event log, byte for byte. `after`: only those behind this id. */
  readBlocks(runId: string, after?: number): AsyncIterable<Block>;
}

/** A place where runs are kept. */
export interface Store extends StoreReader, StoreWriter, StoreUpkeep {
  /**
   * Only where the store is told what other processes commit to it. Calls back after each such commit, until the returned
   * function is called; never for commits of this store itself.
   */
  onChange?(listener: (change: StoreChange) => void): () => void;
  /** Only where processes of one machine may share the store: another text once another one has written to it, and else the same. */
  foreignRevision?(): Promise<string>;
  /** Only where processes of several machines may share the store: names this one among them. */
  readonly writerId?: string;
  /** The writers that have given a sign of life lately; all of them while that cannot be known yet. */
  livingWriters?(): Promise<ReadonlySet<string>>;
  /** Why nothing is answered at present, in words for people; null: all is. */
  readonly trouble?: string | null;
  close(): Promise<void>;
}
