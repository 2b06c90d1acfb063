// The wire payload of every message, once: static types, JSON Schema and compiled checks come from here.
// They say what a peer should write. The decoder reads more leniently: null counts as absent, a malformed
// optional field is dropped with a warning, unknown fields are ignored (conform.ts).

import Type from 'typebox';
import { LIMITS } from './limits.js';
import {
  AnyJson,
  Flag,
  JsonObject,
  Label,
  LabelList,
  MetricMap,
  NumberMap,
  oneOf,
  Path,
  RunIdText,
  Text,
  TextChanges,
  TextMap,
  WireFinite,
  WireInteger,
  WireNumber,
} from './wire-types.js';

const optional = Type.Optional;

const RunRef = Type.Object({ id: optional(RunIdText), exp_id: optional(Label), parent_id: optional(RunIdText) });

const Source = Type.Object({
  git_commit: optional(Label),
  git_branch: optional(Label),
  git_repo: optional(Path),
  git_dirty: optional(Flag),
  entrypoint: optional(Path),
  code_hash: optional(Label),
});

const Gpu = Type.Object({ name: Label, memory: optional(WireFinite) });

const Environment = Type.Object({
  python_version: optional(Label),
  platform: optional(Label),
  hostname: optional(Label),
  gpu_info: optional(Type.Array(Gpu)),
  env_vars: optional(TextMap),
  packages: optional(TextMap),
});

/** `ctx` of a metric. */
export const Context = Type.Object({
  phase: optional(oneOf('train', 'val', 'test')),
  batch_size: optional(WireInteger),
  dataset_size: optional(WireInteger),
  agg: optional(oneOf('mean', 'sum', 'last')),
});

const RunError = Type.Object({ type: optional(Label), message: Text, traceback: optional(Text) });

const Exit = Type.Object({
  code: Type.Union([Type.Integer(), Type.Null()]),
  signal: Type.Union([Label, Type.Null()]),
  stderr_tail: optional(Type.Array(Text)),
});

const Progress = Type.Object({ cur: WireFinite, total: optional(WireFinite), unit: optional(Label) });

const Status = oneOf(
  'initializing',
  'running',
  'training',
  'evaluating',
  'checkpointing',
  'paused',
  'resuming',
  'finishing',
  'completed',
  'failed',
  'killed',
);

const RunStartPayload = Type.Object({
  run_id: Type.Union([RunIdText, RunRef]),
  name: optional(Label),
  tags: optional(TextMap),
  source: optional(Source),
  env: optional(Environment),
  caps: optional(LabelList),
});

const RunEndPayload = Type.Object({
  run_id: RunIdText,
  status: oneOf('completed', 'failed', 'killed'),
  error: optional(RunError),
  final_metrics: optional(NumberMap),
  duration_ms: optional(WireFinite),
  exit: optional(Exit),
});

const ParamPayload = Type.Object({
  run_id: RunIdText,
  key: Label,
  value: AnyJson,
  nested_key: optional(Type.Union([Label, LabelList])),
});

const MetricPayload = Type.Object({
  run_id: RunIdText,
  key: Label,
  value: WireNumber,
  step: optional(WireInteger),
  epoch: optional(WireFinite),
  ctx: optional(Context),
});

const MetricBatchPayload = Type.Object({
  run_id: RunIdText,
  metrics: MetricMap,
  step: optional(WireInteger),
  epoch: optional(WireFinite),
  ctx: optional(Context),
});

const ArtifactPayload = Type.Object({
  run_id: RunIdText,
  path: Path,
  type: Type.String({
    minLength: 1,
    maxLength: 64,
    description:
      'model, checkpoint, weights, config, plot, figure, image, data, predictions, embeddings, log, profile or other; a newer kind is kept as it is',
  }),
  name: optional(Label),
  meta: optional(JsonObject),
  size: optional(WireInteger),
  checksum: optional(Label),
  step: optional(WireInteger),
  upload: optional(oneOf('reference', 'inline', 'stream')),
  content: optional(Text),
});

const CheckpointPayload = Type.Object({
  run_id: RunIdText,
  step: WireInteger,
  path: Path,
  epoch: optional(WireFinite),
  metrics: optional(NumberMap),
  is_best: optional(Flag),
  best_key: optional(Label),
  meta: optional(JsonObject),
});

const StatusPayload = Type.Object({ run_id: RunIdText, status: Status, msg: optional(Text), progress: optional(Progress) });

const LogPayload = Type.Object({
  run_id: RunIdText,
  level: oneOf('debug', 'info', 'warning', 'error'),
  msg: Text,
  logger: optional(Label),
  step: optional(WireInteger),
  fields: optional(JsonObject),
});

const GapPayload = Type.Object({
  run_id: RunIdText,
  from: WireInteger,
  to: WireInteger,
  reason: optional(Text),
  counts: optional(NumberMap),
});

const CommandResultPayload = Type.Object({
  run_id: RunIdText,
  cmd_id: Label,
  status: oneOf('ok', 'error', 'unsupported'),
  result: optional(AnyJson),
  error: optional(Text),
});

const TagsPayload = Type.Object({ run_id: RunIdText, tags: TextChanges });

const KnobPayload = Type.Object({
  run_id: RunIdText,
  name: Label,
  value: AnyJson,
  min: optional(WireFinite),
  max: optional(WireFinite),
  scale: optional(oneOf('linear', 'log')),
  choices: optional(Type.Array(AnyJson, { maxItems: LIMITS.choices })),
});

const ChangePayload = Type.Object({
  run_id: RunIdText,
  name: Label,
  value: AnyJson,
  old: optional(AnyJson),
  step: optional(WireInteger),
  by: optional(Label),
  cmd_id: optional(Label),
});

const HelloPayload = Type.Object({
  run_id: optional(RunIdText),
  client: optional(Label),
  caps: optional(LabelList),
  token: optional(Label),
  first_seq: optional(WireInteger),
  last_seq: optional(WireInteger),
  max_frame: optional(WireInteger),
});

const HeartbeatPayload = Type.Object({ run_id: optional(RunIdText), last_seq: optional(WireInteger) });

const WelcomePayload = Type.Object({
  v: Type.Integer(),
  server: Label,
  caps: optional(LabelList),
  resume_from: WireInteger,
  window: Type.Object({ bytes: WireInteger, events: WireInteger }),
  limits: optional(Type.Object({ max_frame: optional(WireInteger), depth: optional(WireInteger) })),
  run_id: optional(RunIdText),
  redirect: optional(Label),
});

const AckPayload = Type.Object({
  seq: WireInteger,
  status: oneOf('ok', 'error'),
  error: optional(Text),
  run_id: Type.String(),
  wid: optional(Type.String()),
  inc: optional(Type.String()),
  resend: optional(Type.Object({ from: WireInteger, to: WireInteger })),
});

const CommandPayload = Type.Object({
  cmd_id: Label,
  type: oneOf('pause', 'resume', 'stop', 'checkpoint_now', 'update_params', 'adjust_lr', 'custom'),
  payload: optional(JsonObject),
  by: optional(Label),
  expires_ms: optional(WireInteger),
});

/** Payload schemas by wire type, worker → collector. */
export const WORKER_PAYLOADS = {
  run_start: RunStartPayload,
  run_end: RunEndPayload,
  param: ParamPayload,
  metric: MetricPayload,
  metric_batch: MetricBatchPayload,
  artifact: ArtifactPayload,
  checkpoint: CheckpointPayload,
  status: StatusPayload,
  log: LogPayload,
  gap: GapPayload,
  command_result: CommandResultPayload,
  tags: TagsPayload,
  knob: KnobPayload,
  change: ChangePayload,
  hello: HelloPayload,
  heartbeat: HeartbeatPayload,
} as const;

/** Payload schemas by wire type, collector → worker. */
export const COLLECTOR_PAYLOADS = { welcome: WelcomePayload, ack: AckPayload, command: CommandPayload } as const;

/** The metadata of an envelope. */
export const Meta = Type.Object({
  seq: Type.Integer({ minimum: 0, description: 'from 1 for events; 0 for hello, heartbeat and every message of the collector' }),
  ts: Type.Integer({ description: 'microseconds since the Unix epoch on the sender’s clock' }),
  wid: optional(Type.String({ maxLength: 512 })),
  inc: optional(Type.String({ maxLength: 64 })),
});
