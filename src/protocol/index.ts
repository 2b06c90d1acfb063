// The public face of the wire protocol: read a worker's stream, write frames, name what goes wrong.

export { CollectorMessageDecoder } from './collector-decoder.js';
export type { Ack, CollectorMessage, Command, CommandType, Welcome } from './collector-messages.js';
export type { FieldWarning } from './conform.js';
export { type DecoderOptions, FrameDecoder, type FrameSink, type RefusedEvent } from './decoder.js';
export { encodeCollectorMessage, encodeEvent, eventJson } from './encode.js';
export { ERRORS, type ErrorCode, XTrackError, type XTrackErrorOptions } from './errors.js';
export type {
  Aggregation,
  Artifact,
  Change,
  Checkpoint,
  CommandResult,
  EndStatus,
  Environment,
  EventBase,
  EventType,
  Gap,
  Heartbeat,
  Hello,
  JsonValue,
  Knob,
  LogEntry,
  LogLevel,
  Metric,
  MetricBatch,
  MetricContext,
  Param,
  Phase,
  ProcessExit,
  Progress,
  RunEnd,
  RunError,
  RunStart,
  Source,
  StatusUpdate,
  Tags,
  TrackEvent,
  UnknownEvent,
  WorkerMessage,
  WorkerStatus,
} from './events.js';
export { CHECKSUM_BYTES, withChecksum } from './frames/frame-checksum.js';
export type { StreamMode } from './frames/frame-stream.js';
export { HEADER_BYTES, LIMITS, PROTOCOL_VERSION } from './limits.js';
export { assertRunId, isRunId } from './run-id.js';
