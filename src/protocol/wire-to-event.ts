// One builder per event type: the wire payload, already checked, becomes the typed event.

import type { Static } from 'typebox';
import { Problem } from './conform.js';
import type * as Events from './events.js';
import type { EventBase, MetricContext } from './events.js';
import { readNumber } from './frames/numbers.js';
import type { WORKER_PAYLOADS } from './schemas.js';

type Payloads = { readonly [Type in keyof typeof WORKER_PAYLOADS]: Static<(typeof WORKER_PAYLOADS)[Type]> };

export type Builders = {
  readonly [Type in keyof Payloads]: (base: EventBase, payload: Payloads[Type]) => Events.WorkerMessage | Problem;
};

/** Wire `ctx`. */
export type WireContext = NonNullable<Payloads['metric']['ctx']>;

/** A Metric with all its keys, absent ones undefined: one hidden class on the hot path. */
export function makeMetric(
  runId: string,
  worker: string,
  incarnation: string,
  seq: number,
  ts: number,
  key: string,
  value: number,
  step: number | undefined,
  epoch: number | undefined,
  context: MetricContext | undefined,
): Events.Metric {
  return { type: 'metric', runId, worker, incarnation, seq, ts, key, value, step, epoch, context } as Events.Metric;
}

/** A MetricBatch with all its keys, absent ones undefined. */
export function makeBatch(
  runId: string,
  worker: string,
  incarnation: string,
  seq: number,
  ts: number,
  metrics: ReadonlyMap<string, number>,
  step: number | undefined,
  epoch: number | undefined,
  context: MetricContext | undefined,
): Events.MetricBatch {
  return { type: 'metric_batch', runId, worker, incarnation, seq, ts, metrics, step, epoch, context } as Events.MetricBatch;
}

export const builders: Builders = {
  run_start: (base, p) => {
    const reference = typeof p.run_id === 'string' ? { id: p.run_id } : p.run_id;
    return defined<Events.RunStart>({
      type: 'run_start',
      ...base,
      runId: reference.id ?? '',
      experimentId: reference.exp_id,
      parentRunId: reference.parent_id,
      name: p.name,
      tags: p.tags && textMap(p.tags),
      source: p.source && source(p.source),
      environment: p.env && environment(p.env),
      capabilities: p.caps,
    });
  },

  run_end: (base, p) => {
    if (p.status === 'failed' && p.error === undefined && p.exit === undefined) {
      return new Problem('XT_FIELD_REQUIRED', 'p.error', 'a failed run says why');
    }
    return defined<Events.RunEnd>({
      type: 'run_end',
      ...base,
      status: p.status,
      error: p.error && defined<Events.RunError>({ type: p.error.type, message: p.error.message, traceback: p.error.traceback }),
      finalMetrics: p.final_metrics && numberMap(p.final_metrics),
      durationMs: number(p.duration_ms),
      exit: p.exit && defined<Events.ProcessExit>({ code: p.exit.code, signal: p.exit.signal, stderrTail: p.exit.stderr_tail }),
    });
  },

  param: (base, p) => {
    const below = Array.isArray(p.nested_key) ? p.nested_key.join('.') : p.nested_key;
    return { type: 'param', ...base, key: below ? `${p.key}.${below}` : p.key, value: p.value as Events.JsonValue };
  },

  metric: ({ runId, worker, incarnation, seq, ts }, p) => {
    const value = Number(readNumber(p.value));
    return makeMetric(runId, worker, incarnation, seq, ts, p.key, value, number(p.step), number(p.epoch), p.ctx && context(p.ctx));
  },

  metric_batch: ({ runId, worker, incarnation, seq, ts }, p) => {
    const metrics = new Map(Object.entries(p.metrics).map(([key, value]) => [key, Number(readNumber(value))]));
    return makeBatch(runId, worker, incarnation, seq, ts, metrics, number(p.step), number(p.epoch), p.ctx && context(p.ctx));
  },

  artifact: (base, p) =>
    defined<Events.Artifact>({
      type: 'artifact',
      ...base,
      path: p.path,
      kind: p.type,
      name: p.name,
      metadata: p.meta as Events.Artifact['metadata'],
      size: number(p.size),
      checksum: p.checksum,
      step: number(p.step),
      upload: p.upload ?? 'reference',
      content: p.content,
    }),

  checkpoint: (base, p) =>
    defined<Events.Checkpoint>({
      type: 'checkpoint',
      ...base,
      step: Number(p.step),
      path: p.path,
      epoch: number(p.epoch),
      metrics: p.metrics && numberMap(p.metrics),
      isBest: p.is_best,
      bestKey: p.best_key,
      metadata: p.meta as Events.Checkpoint['metadata'],
    }),

  status: (base, p) =>
    defined<Events.StatusUpdate>({
      type: 'status',
      ...base,
      status: p.status,
      message: p.msg,
      progress:
        p.progress && defined<Events.Progress>({ current: Number(p.progress.cur), total: number(p.progress.total), unit: p.progress.unit }),
    }),

  log: (base, p) =>
    defined<Events.LogEntry>({
      type: 'log',
      ...base,
      level: p.level,
      message: p.msg,
      logger: p.logger,
      step: number(p.step),
      fields: p.fields as Events.LogEntry['fields'],
    }),

  gap: (base, p) => {
    const [from, to] = [Number(p.from), Number(p.to)];
    if (!Number.isSafeInteger(from) || from < 1) return new Problem('XT_FIELD_TYPE', 'p.from', 'expected a sequence number');
    if (!Number.isSafeInteger(to) || to < from) return new Problem('XT_FIELD_TYPE', 'p.to', 'expected a sequence number from `from` on');
    return defined<Events.Gap>({ type: 'gap', ...base, from, to, reason: p.reason, counts: p.counts && numberMap(p.counts) });
  },

  command_result: (base, p) =>
    defined<Events.CommandResult>({
      type: 'command_result',
      ...base,
      commandId: p.cmd_id,
      status: p.status,
      result: p.result as Events.CommandResult['result'],
      error: p.error,
    }),

  tags: (base, p) => ({ type: 'tags', ...base, tags: Object.assign(Object.create(null), p.tags) }),

  knob: (base, p) =>
    defined<Events.Knob>({
      type: 'knob',
      ...base,
      name: p.name,
      value: p.value as Events.JsonValue,
      min: number(p.min),
      max: number(p.max),
      scale: p.scale,
      choices: p.choices as Events.Knob['choices'],
    }),

  change: (base, p) =>
    defined<Events.Change>({
      type: 'change',
      ...base,
      name: p.name,
      value: p.value as Events.JsonValue,
      previous: p.old as Events.Change['previous'],
      step: number(p.step),
      by: p.by,
      commandId: p.cmd_id,
    }),

  hello: ({ worker, incarnation }, p) =>
    defined<Events.Hello>({
      type: 'hello',
      runId: p.run_id,
      worker,
      incarnation,
      client: p.client,
      capabilities: p.caps ?? [],
      token: p.token,
      firstSeq: number(p.first_seq),
      lastSeq: number(p.last_seq),
      maxFrame: number(p.max_frame),
    }),

  heartbeat: ({ worker, incarnation }, p) =>
    defined<Events.Heartbeat>({ type: 'heartbeat', runId: p.run_id, worker, incarnation, lastSeq: number(p.last_seq) }),
};

/** Wire `ctx` → context. */
export function context(ctx: WireContext): MetricContext {
  return defined<MetricContext>({
    phase: ctx.phase,
    batchSize: number(ctx.batch_size),
    datasetSize: number(ctx.dataset_size),
    aggregation: ctx.agg,
  });
}

function source(wire: NonNullable<Payloads['run_start']['source']>): Events.Source {
  return defined<Events.Source>({
    gitCommit: wire.git_commit,
    gitBranch: wire.git_branch,
    gitRepo: wire.git_repo,
    gitDirty: wire.git_dirty,
    entrypoint: wire.entrypoint,
    codeHash: wire.code_hash,
  });
}

function environment(wire: NonNullable<Payloads['run_start']['env']>): Events.Environment {
  return defined<Events.Environment>({
    pythonVersion: wire.python_version,
    platform: wire.platform,
    hostname: wire.hostname,
    gpus: wire.gpu_info?.map((gpu) => defined<{ name: string; memory?: number }>({ name: gpu.name, memory: number(gpu.memory) })),
    envVars: wire.env_vars && textMap(wire.env_vars),
    packages: wire.packages && textMap(wire.packages),
  });
}

function number(value: unknown): number | undefined {
  return value === undefined ? undefined : readNumber(value);
}

/** Keys are data, so the map has no prototype. */
function numberMap(map: Readonly<Record<string, unknown>>): Record<string, number> {
  const result: Record<string, number> = Object.create(null);
  for (const key of Object.keys(map)) result[key] = Number(readNumber(map[key]));
  return result;
}

function textMap(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.assign(Object.create(null), map);
}

type OrUndefined<T> = { [Key in keyof T]: undefined extends T[Key] ? T[Key] | undefined : T[Key] } & {
  [Key in keyof T as Record<never, never> extends Pick<T, Key> ? Key : never]: T[Key] | undefined;
};

/** The object without its undefined values: an absent optional field is no key at all. */
function defined<T extends object>(values: { [Key in keyof OrUndefined<T>]: OrUndefined<T>[Key] }): T {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) result[key] = value;
  }
  return result as T;
}
