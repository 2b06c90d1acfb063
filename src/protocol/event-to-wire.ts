// One writer per message type: the typed event becomes its wire payload in canonical form (key order included).
// Undefined values vanish in JSON.stringify.

import type { CollectorMessage } from './collector-messages.js';
import type * as Events from './events.js';
import { wireInteger, wireNumber } from './frames/numbers.js';

type WirePayload = Readonly<Record<string, unknown>>;
type Of<Type extends Events.WorkerMessage['type']> = Extract<Events.WorkerMessage, { readonly type: Type }>;
/** All but the metrics, which encode.ts writes as text. */
type Writers = { readonly [Type in Exclude<Events.WorkerMessage['type'], 'metric' | 'metric_batch'>]: (message: Of<Type>) => WirePayload };

export const writers: Writers = {
  run_start: (e) => ({
    run_id: runReference(e),
    name: e.name,
    tags: e.tags,
    source: e.source && source(e.source),
    env: e.environment && environment(e.environment),
    caps: e.capabilities,
  }),
  run_end: (e) => ({
    run_id: e.runId,
    status: e.status,
    error: e.error && { type: e.error.type, message: e.error.message, traceback: e.error.traceback },
    final_metrics: numberMap(e.finalMetrics),
    duration_ms: optionalNumber(e.durationMs),
    exit: e.exit && { code: e.exit.code, signal: e.exit.signal, stderr_tail: e.exit.stderrTail },
  }),
  param: ({ runId, key, path, value }) =>
    path === undefined || path.length < 2
      ? { run_id: runId, key, value }
      : { run_id: runId, key: path[0], value, nested_key: path.slice(1) },
  artifact: (e) => ({
    run_id: e.runId,
    path: e.path,
    type: e.kind,
    name: e.name,
    meta: e.metadata,
    size: optionalInteger(e.size),
    checksum: e.checksum,
    step: optionalInteger(e.step),
    upload: e.upload,
    content: e.content,
  }),
  checkpoint: (e) => ({
    run_id: e.runId,
    step: wireInteger(e.step),
    path: e.path,
    epoch: optionalNumber(e.epoch),
    metrics: numberMap(e.metrics),
    is_best: e.isBest,
    best_key: e.bestKey,
    meta: e.metadata,
  }),
  status: (e) => ({
    run_id: e.runId,
    status: e.status,
    msg: e.message,
    progress: e.progress && { cur: wireNumber(e.progress.current), total: optionalNumber(e.progress.total), unit: e.progress.unit },
  }),
  log: (e) => ({ run_id: e.runId, level: e.level, msg: e.message, logger: e.logger, step: optionalInteger(e.step), fields: e.fields }),
  gap: (e) => ({ run_id: e.runId, from: e.from, to: e.to, reason: e.reason, counts: numberMap(e.counts) }),
  command_result: (e) => ({ run_id: e.runId, cmd_id: e.commandId, status: e.status, result: e.result, error: e.error }),
  tags: (e) => ({ run_id: e.runId, tags: e.tags }),
  knob: (e) => ({
    run_id: e.runId,
    name: e.name,
    value: e.value,
    min: optionalNumber(e.min),
    max: optionalNumber(e.max),
    scale: e.scale,
    choices: e.choices,
  }),
  change: (e) => ({
    run_id: e.runId,
    name: e.name,
    value: e.value,
    old: e.previous,
    step: optionalInteger(e.step),
    by: e.by,
    cmd_id: e.commandId,
  }),
  unknown: (e) => (e.runId === '' || Object.hasOwn(e.payload, 'run_id') ? e.payload : { ...e.payload, run_id: e.runId }),
  hello: (e) => ({
    run_id: e.runId,
    client: e.client,
    caps: e.capabilities,
    token: e.token,
    first_seq: optionalInteger(e.firstSeq),
    last_seq: optionalInteger(e.lastSeq),
    max_frame: e.maxFrame,
  }),
  heartbeat: (e) => ({ run_id: e.runId, last_seq: optionalInteger(e.lastSeq) }),
};

/** `welcome`, `ack` and `command`, by type. */
export const collectorWriters: {
  readonly [Type in CollectorMessage['type']]: (message: Extract<CollectorMessage, { readonly type: Type }>) => WirePayload;
} = {
  welcome: (w) => ({
    v: 1,
    server: w.server,
    caps: w.capabilities,
    resume_from: w.resumeFrom,
    window: { bytes: w.window.bytes, events: w.window.events },
    limits: { max_frame: w.maxFrame },
    run_id: w.runId,
    redirect: w.redirect,
  }),
  ack: (a) => ({
    seq: a.seq,
    status: a.status,
    error: a.error,
    run_id: a.runId,
    wid: a.worker === '' ? undefined : a.worker,
    inc: a.incarnation === '' ? undefined : a.incarnation,
    resend: a.resend && { from: a.resend.from, to: a.resend.to },
  }),
  command: (c) => ({ cmd_id: c.commandId, type: c.command, payload: c.payload, by: c.by, expires_ms: optionalInteger(c.expiresMs) }),
};

/** `ctx` on the wire. */
export function contextToWire(context: Events.MetricContext): WirePayload {
  return {
    phase: context.phase,
    batch_size: optionalInteger(context.batchSize),
    dataset_size: optionalInteger(context.datasetSize),
    agg: context.aggregation,
  };
}

function runReference(event: Events.RunStart): unknown {
  const plain = event.experimentId === undefined && event.parentRunId === undefined && event.runId !== '';
  if (plain) return event.runId;
  return { id: event.runId === '' ? undefined : event.runId, exp_id: event.experimentId, parent_id: event.parentRunId };
}

function source(s: Events.Source): WirePayload {
  return {
    git_commit: s.gitCommit,
    git_branch: s.gitBranch,
    git_repo: s.gitRepo,
    git_dirty: s.gitDirty,
    entrypoint: s.entrypoint,
    code_hash: s.codeHash,
  };
}

function environment(e: Events.Environment): WirePayload {
  return {
    python_version: e.pythonVersion,
    platform: e.platform,
    hostname: e.hostname,
    gpu_info: e.gpus?.map((gpu) => ({ name: gpu.name, memory: optionalNumber(gpu.memory) })),
    env_vars: e.envVars,
    packages: e.packages,
  };
}

function optionalNumber(value: number | undefined): number | string | undefined {
  return value === undefined ? undefined : wireNumber(value);
}

function optionalInteger(value: number | undefined): number | string | undefined {
  return value === undefined ? undefined : wireInteger(value);
}

function numberMap(map: Readonly<Record<string, number>> | undefined): WirePayload | undefined {
  if (map === undefined) return undefined;
  const result: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(map)) result[key] = wireNumber(map[key] as number);
  return result;
}
