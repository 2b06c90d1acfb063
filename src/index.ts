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
export type { Run } from './query/run.js';
export type { GapRecord } from './query/run-reader.js';
export type { SubscribeOptions } from './runtime/bus.js';
export type { SendCommandOptions } from './runtime/commands.js';
export type { StartRunOptions } from './runtime/run-manager.js';
export { isTerminal } from './runtime/run-state.js';
export type { SystemMetricsOption } from './runtime/system-metrics.js';
// For authors of stores.
export type {
  Batch,
  CommandRecord,
  RunQuery,
  RunRecord,
  RunStatus,
  RunWarning,
  SeriesData,
  SeriesQuery,
  SeriesSummary,
  Store,
} from './storage/store.js';
export { type FileItem, type ReplayOptions, type ReplayReport, streamFile } from './transports/file.js';
export type { TcpServer, TcpServerOptions } from './transports/tcp.js';
export type { UnixServer, UnixServerOptions } from './transports/unix.js';
// For users.
export { dataDirectory, type StreamItem, XTrack, type XTrackOptions } from './xtrack.js';
