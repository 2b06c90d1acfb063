/**
 * XTrack: experiment tracking inside your application.
 *
 * @example
 * ```ts
 * import { XTrack } from 'xtrack';
 * const xtrack = await XTrack.start();
 * const { runId } = await xtrack.startRun({ command: 'python3', args: ['train.py'], name: 'first' });
 * for await (const event of xtrack.subscribe(runId)) if (event.type === 'metric') console.log(event.key, event.value);
 * ```
 *
 * @packageDocumentation
 */

export type { GcOptions, GcReport, RefusedRun } from './care/gc.js';
export type { PlannedLogs, PlannedRun, RunPlan } from './care/gc-plan.js';
export type { Leftover, LeftoverKind } from './care/leftovers.js';
// Care for data.
export type { MigrationProgress, MigrationReport } from './care/migration.js';
export type { RetentionRule, RetentionRules } from './care/retention.js';
export type { Finding, FindingCode, VerifiedRun } from './care/verify/findings.js';
export { type MigrateStoreOptions, migrateStore } from './migrate-store.js';
export { type Restored, type RestoreOptions, restoreBackup } from './open-store.js';
// What comes back.
export type { CommandType } from './protocol/collector-messages.js';
export { ERRORS, type ErrorCode, XTrackError } from './protocol/errors.js';
export type {
  Artifact,
  Change,
  Checkpoint,
  CommandResult,
  Environment,
  Gap,
  JsonValue,
  Knob,
  LogEntry,
  LogLevel,
  Metric,
  MetricBatch,
  MetricContext,
  Param,
  Phase,
  Progress,
  RunEnd,
  RunError,
  RunStart,
  Source,
  StatusUpdate,
  Tags,
  TrackEvent,
  UnknownEvent,
} from './protocol/events.js';
export { isFinal as isTerminal } from './protocol/events.js';
export type { Difference, MetricComparison, RunComparison } from './query/compare.js';
export type { ExportFormat, ExportOptions } from './query/export/export.js';
export type { ExportedTable } from './query/export/tables.js';
export type { HistoryEvent } from './query/history.js';
export type { Run } from './query/run.js';
export type { Lineage, Ranked, RankOptions } from './query/run-questions.js';
export type { GapRecord, SearchOptions, SearchResult } from './query/run-reader.js';
// The search language, for those who build a search box.
export { type Completion, type Completions, completeSearch } from './query/search/complete.js';
export { type UnknownKey, unknownKeys } from './query/search/known-keys.js';
export { SearchError } from './query/search/names.js';
export { parseSearch, parseValue, type Search } from './query/search/parser.js';
export { printSearch, printValue } from './query/search/printer.js';
export type { ParamSensitivity, ValueSummary } from './query/sensitivity.js';
export type { Aggregate, AggregatedSeries } from './query/series/aggregate.js';
export type { MetricAxis, MetricOptions } from './query/series/metrics.js';
export type { MetricPage, StreamMetricsOptions } from './query/series/stream.js';
export type { GroupComparison, GroupSummary } from './query/significance.js';
export type { Visibility } from './query/visibility.js';
export type { SubscribeOptions } from './runtime/bus.js';
export type { IssuedCommand, SendCommandOptions, StopRunOptions } from './runtime/commands.js';
export type { StartRunOptions } from './runtime/process/run-manager.js';
export type { SystemMetricsOption } from './runtime/process/system-metrics.js';
export type { PendingOutput } from './runtime/process/terminal/pending-output.js';
export type { RunEdit } from './runtime/run-edit.js';
export type { HttpServer, HttpServerOptions } from './server/http/app.js';
export type { SearchKeys } from './storage/search/query.js';
// For authors of stores.
export type {
  Batch,
  CommandRecord,
  ExperimentSummary,
  RunQuery,
  RunRecord,
  RunStatus,
  RunWarning,
  SeriesData,
  SeriesQuery,
  SeriesSummary,
  Store,
} from './storage/store.js';
export type { StreamItem } from './stream-item.js';
export type { TcpServer, TcpServerOptions } from './transports/listen/tcp.js';
export type { UnixServer, UnixServerOptions } from './transports/listen/unix.js';
export type { FileItem } from './transports/recorded/file.js';
export { type ReplayOptions, type ReplayReport, streamFile } from './transports/recorded/file.js';
export type { BodyAck, IngestOptions, IngestReport, RefusedInBody } from './transports/recorded/ingest.js';
// For users.
export { dataDirectory, XTrack, type XTrackOptions } from './xtrack.js';
