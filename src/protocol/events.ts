// The typed events (intermediate representation): what the rest of XTrack sees of a wire frame.
// Wire names (`cur`, `msg`, `wid` …) end in this folder; everything above uses these names.

/** Any value that JSON can carry. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Identity and time of an event: (runId, worker, incarnation, seq) names it for ever. */
export interface EventBase {
  readonly runId: string;
  /** Worker id in distributed training; `''` is the single worker. */
  readonly worker: string;
  /** One life of one emitter; `''` when the emitter (an older one) sends none. Sorts by start time. */
  readonly incarnation: string;
  /** Counts up by one from 1 within an incarnation. */
  readonly seq: number;
  /** Microseconds since the Unix epoch on the worker's clock. */
  readonly ts: number;
}

export type Phase = 'train' | 'val' | 'test';
export type Aggregation = 'mean' | 'sum' | 'last';
export type WorkerStatus =
  | 'initializing'
  | 'running'
  | 'training'
  | 'evaluating'
  | 'checkpointing'
  | 'paused'
  | 'resuming'
  | 'finishing'
  | 'completed'
  | 'failed'
  | 'killed';

/** The statuses that end a run: a run with any other is live, or waits for its worker. */
export const FINAL_STATUSES = ['completed', 'failed', 'killed'] as const satisfies readonly WorkerStatus[];
export type EndStatus = (typeof FINAL_STATUSES)[number];

const FINAL: ReadonlySet<string> = new Set(FINAL_STATUSES);

/** True for a status from which a run only returns when a worker starts it again. */
export function isFinal(status: string): status is EndStatus {
  return FINAL.has(status);
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** What a metric was measured on. */
export interface MetricContext {
  readonly phase?: Phase;
  readonly batchSize?: number;
  readonly datasetSize?: number;
  readonly aggregation?: Aggregation;
}

/** Where the code came from. */
export interface Source {
  readonly gitCommit?: string;
  readonly gitBranch?: string;
  readonly gitRepo?: string;
  readonly gitDirty?: boolean;
  readonly entrypoint?: string;
  readonly codeHash?: string;
}

/** What the code ran on. */
export interface Environment {
  readonly pythonVersion?: string;
  readonly platform?: string;
  readonly hostname?: string;
  readonly gpus?: readonly { readonly name: string; readonly memory?: number }[];
  readonly envVars?: Readonly<Record<string, string>>;
  readonly packages?: Readonly<Record<string, string>>;
}

export interface RunError {
  readonly type?: string;
  readonly message: string;
  readonly traceback?: string;
}

/** How the supervised process ended: an exit code or the signal that killed it. `null` code: unknown. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of the process's stderr, oldest first. */
  readonly stderrTail?: readonly string[];
}

/** Work done and left, in `unit`s. */
export interface Progress {
  readonly current: number;
  readonly total?: number;
  readonly unit?: string;
}

export interface RunStart extends EventBase {
  readonly type: 'run_start';
  readonly experimentId?: string;
  readonly parentRunId?: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly source?: Source;
  readonly environment?: Environment;
  /** What the emitter can do: `ack`, `command`. */
  readonly capabilities?: readonly string[];
}

export interface RunEnd extends EventBase {
  readonly type: 'run_end';
  readonly status: EndStatus;
  readonly error?: RunError;
  readonly finalMetrics?: Readonly<Record<string, number>>;
  readonly durationMs?: number;
  /** Written by the control plane alone, when it saw the process end. */
  readonly exit?: ProcessExit;
}

export interface Param extends EventBase {
  readonly type: 'param';
  /** Flat key: where the event has a `nested_key`, that is the path below its key, and all of it is joined with `.`. */
  readonly key: string;
  readonly value: JsonValue;
  /** For writing: the parts that `key` is joined of. The first is sent as the key, the others as its `nested_key`. */
  readonly path?: readonly string[];
}

export interface Metric extends EventBase {
  readonly type: 'metric';
  readonly key: string;
  /** May be NaN or infinite. */
  readonly value: number;
  readonly step?: number;
  readonly epoch?: number;
  readonly context?: MetricContext;
}

export interface MetricBatch extends EventBase {
  readonly type: 'metric_batch';
  /** In the order of the wire; a Map, since keys such as `__proto__` are data. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly step?: number;
  readonly epoch?: number;
  readonly context?: MetricContext;
}

export interface Artifact extends EventBase {
  readonly type: 'artifact';
  readonly path: string;
  readonly kind: string;
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, JsonValue>>;
  /** Bytes. */
  readonly size?: number;
  /** `sha256:…` */
  readonly checksum?: string;
  /** The training step that it belongs to. */
  readonly step?: number;
  readonly upload: 'reference' | 'inline' | 'stream';
  /** Base64, with `inline` (up to 1 MiB). */
  readonly content?: string;
}

export interface Checkpoint extends EventBase {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly path: string;
  readonly epoch?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly isBest?: boolean;
  readonly bestKey?: string;
  readonly metadata?: Readonly<Record<string, JsonValue>>;
}

export interface StatusUpdate extends EventBase {
  readonly type: 'status';
  readonly status: WorkerStatus;
  readonly message?: string;
  readonly progress?: Progress;
}

export interface LogEntry extends EventBase {
  readonly type: 'log';
  readonly level: LogLevel;
  readonly message: string;
  readonly logger?: string;
  readonly step?: number;
  readonly fields?: Readonly<Record<string, JsonValue>>;
}

/** The emitter itself declares what it had to drop. */
export interface Gap extends EventBase {
  readonly type: 'gap';
  readonly from: number;
  readonly to: number;
  readonly reason?: string;
  readonly counts?: Readonly<Record<string, number>>;
}

export interface CommandResult extends EventBase {
  readonly type: 'command_result';
  readonly commandId: string;
  readonly status: 'ok' | 'error' | 'unsupported';
  readonly result?: JsonValue;
  readonly error?: string;
}

/** Labels set while the run goes on; a later value of a tag replaces an earlier one, and null removes it. */
export interface Tags extends EventBase {
  readonly type: 'tags';
  readonly tags: Readonly<Record<string, string | null>>;
}

/** The worker declares a value that may be changed while it runs, and within which bounds. */
export interface Knob extends EventBase {
  readonly type: 'knob';
  readonly name: string;
  readonly value: JsonValue;
  readonly min?: number;
  readonly max?: number;
  /** How a slider should run from min to max. */
  readonly scale?: 'linear' | 'log';
  /** The values that it may take, where they are few. */
  readonly choices?: readonly JsonValue[];
}

/** A value was changed while the run went on: by whom, at which step, from what. */
export interface Change extends EventBase {
  readonly type: 'change';
  readonly name: string;
  readonly value: JsonValue;
  readonly previous?: JsonValue;
  readonly step?: number;
  readonly by?: string;
  /** The command that asked for it. */
  readonly commandId?: string;
}

/** An event of a type that this version does not know: counted and kept, never an error. */
export interface UnknownEvent extends EventBase {
  readonly type: 'unknown';
  readonly wireType: string;
  readonly payload: Readonly<Record<string, JsonValue>>;
}

/** Everything that a run's event log can hold. */
export type TrackEvent =
  | RunStart
  | RunEnd
  | Param
  | Metric
  | MetricBatch
  | Artifact
  | Checkpoint
  | StatusUpdate
  | LogEntry
  | Gap
  | CommandResult
  | Tags
  | Knob
  | Change
  | UnknownEvent;

export type EventType = TrackEvent['type'];

/** First frame of a connection or file; seq 0, not an event. */
export interface Hello {
  readonly type: 'hello';
  readonly runId?: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly client?: string;
  /** `ack`, `command`, `gap`. */
  readonly capabilities: readonly string[];
  readonly token?: string;
  readonly firstSeq?: number;
  readonly lastSeq?: number;
  /** Bytes. */
  readonly maxFrame?: number;
}

/** seq 0: the last seq that the emitter made, so that a lost tail is seen. */
export interface Heartbeat {
  readonly type: 'heartbeat';
  readonly runId?: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly lastSeq?: number;
}

/** What a worker's stream can hold: events, and the two session frames. */
export type WorkerMessage = TrackEvent | Hello | Heartbeat;
