// The public face of `xtrack/emitter`: tracks training, or any long work, from inside it.

export {
  activeRun,
  endRun,
  flush,
  log,
  logArtifact,
  logCheckpoint,
  logMetric,
  logMetrics,
  logParam,
  logParams,
  onCommand,
  setStatus,
  shouldStop,
  startRun,
  withRun,
} from './active-run.js';
export type { ArtifactOptions } from './artifact-file.js';
export type { CommandHandler, CommandPayload } from './command-desk.js';
export type { Transport } from './delivery/delivery.js';
export type { CheckpointOptions, EndOptions, LogOptions, MetricOptions, StatusOptions } from './event-bodies.js';
export { EmitterRun } from './run.js';
export type { RunOptions } from './start-run.js';
