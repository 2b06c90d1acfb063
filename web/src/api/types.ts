// What the HTTP API answers, as the page sees it: numbers are numbers, NaN and the infinities included.

import type { CommandType } from '../../../src/protocol/collector-messages.js';
import type { JsonValue, Knob as KnobEvent, LogLevel, TrackEvent } from '../../../src/protocol/events.js';
import type { RunComparison as Compared } from '../../../src/query/compare.js';
import type { Run } from '../../../src/query/run.js';
import type { GapRecord } from '../../../src/query/run-reader.js';
import type { CommandRecord, RunStatus, RunWarning } from '../../../src/storage/store.js';

export type { ParamSensitivity } from '../../../src/query/sensitivity.js';
export type { GroupComparison } from '../../../src/query/significance.js';
export type { SearchKeys } from '../../../src/storage/search/query.js';
export type {
  Point,
  Series,
  SeriesOptions,
  SeriesQuery,
  SeriesSummary,
} from './series-types';
export type { CommandRecord, CommandType, JsonValue, LogLevel, RunStatus };

export interface RunRow {
  readonly runId: string;
  readonly name: string | null;
  readonly status: RunStatus;
  readonly experimentId: string | null;
  readonly parentRunId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO 8601, as all times that are no `ts`. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly deletedAt: string | null;
  /** Why its row cannot be read; null: it is sound. */
  readonly damaged?: string | null;
  readonly message: string | null;
  readonly progress: Run['progress'];
  readonly error: string | null;
  readonly durationMs: number | null;
  readonly notes: string | null;
  readonly archived: boolean;
  readonly public: boolean;
}

export interface RunDetail extends RunRow {
  readonly failure: Run['error'];
  readonly exit: Run['exit'];
  readonly source: Run['source'];
  readonly environment: Run['environment'];
  readonly workers: Run['workers'];
  readonly counts: Run['counts'];
  readonly process: Run['process'];
  readonly finalMetrics: Readonly<Record<string, number>> | null;
  readonly gaps: readonly GapRecord[];
  /** The newest 200. */
  readonly warnings: readonly RunWarning[];
  readonly knobs: readonly Knob[];
  readonly live: boolean;
  readonly captured?: { readonly stdout: number; readonly stderr: number };
}

export type ColumnValue = number | string | null;

export interface RunPage {
  readonly runs: readonly RunRow[];
  /** Per run, in the order of the columns asked for. */
  readonly values: readonly (readonly ColumnValue[])[];
  readonly cursor: string | null;
}

export interface RunPatch {
  readonly name?: string;
  readonly notes?: string | null;
  /** Null removes the tag. */
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly archived?: boolean;
  readonly public?: boolean;
}

export interface BulkRequest {
  readonly runIds: readonly string[];
  readonly action: 'delete' | 'restore' | 'purge' | 'edit';
  readonly edit?: RunPatch;
}

/** An error as the API tells it. */
export interface Problem {
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly code?: string;
  readonly field?: string;
  readonly remedy?: string;
  /** Of a search: from 0, in UTF-16 units. */
  readonly column?: number;
}

export interface BulkResult {
  readonly results: readonly { readonly runId: string; readonly ok: boolean; readonly error?: Problem }[];
}

export interface Artifact {
  readonly id: string;
  readonly path: string;
  readonly kind: string;
  readonly name: string | null;
  /** Bytes. */
  readonly size: number | null;
  readonly checksum: string | null;
  readonly step: number | null;
  readonly metadata: Readonly<Record<string, JsonValue>> | null;
  /** µs since the epoch, as every `ts`. */
  readonly ts: number;
  /** False: only its place is known here, not its content. */
  readonly available: boolean;
  readonly mime: string | null;
}

export interface ArtifactPreviewData {
  readonly kind: 'image' | 'audio' | 'text' | 'json' | 'table' | 'histogram' | 'none';
  readonly text?: string;
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly JsonValue[])[];
  readonly url?: string;
  readonly truncated: boolean;
  /** Of a table that is cut, where that is known. */
  readonly columnsInAll?: number;
  readonly rowsInAll?: number;
  readonly reason?: string;
}

export interface Checkpoint {
  readonly id: string;
  readonly step: number;
  readonly epoch: number | null;
  readonly path: string;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly isBest: boolean;
  readonly bestKey: string | null;
  readonly metadata: Readonly<Record<string, JsonValue>> | null;
  readonly ts: number;
  readonly promoted: boolean;
  /** Whether the file is there; null: it cannot be known from here. */
  readonly exists: boolean | null;
}

export interface LogLine {
  readonly ts: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly logger: string | null;
  readonly worker: string;
  readonly step: number | null;
  readonly fields: Readonly<Record<string, JsonValue>> | null;
}

export type Knob = Pick<KnobEvent, 'name' | 'value' | 'min' | 'max' | 'scale' | 'choices' | 'worker' | 'ts'>;

export interface Mark {
  readonly kind: 'checkpoint' | 'command' | 'change' | 'restart' | 'gap';
  readonly step: number | null;
  readonly ts: number;
  readonly title: string;
}

export interface TimelineEntry {
  readonly at: string;
  readonly ts: number;
  readonly kind: 'status' | 'checkpoint' | 'command' | 'change' | 'restart' | 'gap' | 'warning' | 'start' | 'end';
  readonly title: string;
  readonly step?: number | null;
  readonly detail?: string | null;
}

export interface Lineage {
  readonly run: RunRow;
  readonly children: readonly Lineage[];
}

export type RunComparison = Omit<Compared, 'runs'> & { readonly runs: readonly RunRow[] };

export interface ExperimentRow {
  /** Null: the runs of no experiment. */
  readonly experimentId: string | null;
  readonly runs: number;
  readonly live: number;
  readonly lastStartedAt: string | null;
}

export interface RankedRun {
  readonly run: RunRow;
  readonly value: number;
}

export interface Grant {
  readonly scope: 'view' | 'write' | 'admin';
  readonly experiment: string | null;
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  /** In words for people; null while all is well. */
  readonly reason: string | null;
}

export interface Info {
  readonly version: string;
  readonly store: 'sqlite' | 'postgres' | 'memory' | 'custom';
  readonly principal: { readonly name: string; readonly grants: readonly Grant[] };
  /** True where runs may be started from here. */
  readonly canSpawn: boolean;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scope: 'read' | 'write' | 'admin';
  readonly experiment: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

/** An item of the live stream. A batch of metrics travels as a plain object. */
export type LiveItem =
  | Exclude<TrackEvent, { readonly type: 'metric_batch' }>
  | (Omit<Extract<TrackEvent, { readonly type: 'metric_batch' }>, 'metrics'> & { readonly metrics: Readonly<Record<string, number>> })
  | { readonly type: 'run_changed'; readonly run: RunRow }
  | { readonly type: 'command_changed'; readonly command: CommandRecord }
  | { readonly type: 'run_deleted'; readonly runId: string }
  | { readonly type: 'run_touched'; readonly runId: string };

export type LiveItemType = LiveItem['type'];
