// From what a caller passes to what the wire allows: each verb's arguments checked, converted and bounded, here alone.

import {
  type Aggregation,
  isFinal,
  type JsonValue,
  type LogLevel,
  type MetricContext,
  type Phase,
  type RunError,
  type WorkerStatus,
} from '../protocol/events.js';
import { LIMITS } from '../protocol/limits.js';
import type { EventBody } from './event-queue.js';
import { flatParams } from './flat-params.js';
import { cutBytes, plainLabel, plainNumber, plainTags, plainValue } from './plain-value.js';
import type { Complaints } from './warnings.js';

export interface MetricOptions {
  /** Whole number. */
  readonly step?: number | undefined;
  /** May be a fraction. */
  readonly epoch?: number | undefined;
  readonly phase?: Phase | undefined;
  readonly batchSize?: number | undefined;
  readonly datasetSize?: number | undefined;
  readonly aggregation?: Aggregation | undefined;
}

export interface CheckpointOptions {
  /** Whole number. */
  readonly step: number;
  /** Where the checkpoint was written. */
  readonly path: string;
  readonly epoch?: number | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  readonly isBest?: boolean | undefined;
  /** The metric that `isBest` was judged by. */
  readonly bestKey?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export interface StatusOptions {
  readonly message?: string | undefined;
  /** Progress: how much is done, of how much, of what. */
  readonly current?: number | undefined;
  readonly total?: number | undefined;
  readonly unit?: string | undefined;
}

export interface LogOptions {
  /** `info` when left out. */
  readonly level?: LogLevel | undefined;
  readonly logger?: string | undefined;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  readonly step?: number | undefined;
}

export interface EndOptions {
  /** What went wrong, for `failed`: an Error, or any thrown value. */
  readonly error?: unknown;
  readonly finalMetrics?: Readonly<Record<string, unknown>> | undefined;
}

/** UTF-16 units of one log event; a longer message becomes several. */
const LOG_PART = 64 * 1024;
/** Parts of one log message that are kept. */
const LOG_PARTS = 16;
const WORKER_STATUSES: ReadonlySet<string> = new Set<WorkerStatus>([
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
]);
const LOG_LEVELS: ReadonlySet<string> = new Set<LogLevel>(['debug', 'info', 'warning', 'error']);
const PHASES: ReadonlySet<string> = new Set<Phase>(['train', 'val', 'test']);
const AGGREGATIONS: ReadonlySet<string> = new Set<Aggregation>(['mean', 'sum', 'last']);

/** Makes event bodies; what cannot be one is complained about and gives none. */
export class EventBodies {
  readonly #complaints: Complaints;

  constructor(complaints: Complaints) {
    this.#complaints = complaints;
  }

  param(key: unknown, value: unknown): EventBody[] {
    const label = this.#key(key, 'key');
    return label === undefined ? [] : [{ type: 'param', key: label, value: plainValue(value) }];
  }

  params(params: unknown): EventBody[] {
    return flatParams(params).flatMap(([path, value]) => this.#flatParam(path, value));
  }

  metric(key: unknown, value: unknown, options: MetricOptions): EventBody[] {
    const number = typeof value === 'number' ? value : this.#number(value, String(key));
    const label = typeof key === 'string' && key !== '' && key.length <= LIMITS.label / 3 ? key : this.#key(key, 'key');
    if (number === undefined || label === undefined) return [];
    return [{ type: 'metric', key: label, value: number, ...this.#position(options) }];
  }

  /** One event, or several where there are more than 10,000 metrics. */
  metrics(metrics: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>, options: MetricOptions): EventBody[] {
    const entries = [...this.#numbers(metrics instanceof Map ? metrics : Object.entries(metrics ?? {}))];
    const position = this.#position(options);
    const bodies: EventBody[] = [];
    for (let first = 0; first < entries.length; first += LIMITS.entries) {
      bodies.push({ type: 'metric_batch', metrics: new Map(entries.slice(first, first + LIMITS.entries)), ...position });
    }
    return bodies;
  }

  checkpoint(options: CheckpointOptions): EventBody[] {
    const step = this.#whole(options.step, 'step');
    const path = this.#path(options.path);
    if (step === undefined || path === undefined) return [];
    return [
      {
        type: 'checkpoint',
        step,
        path,
        ...given('epoch', this.#finite(options.epoch, 'epoch')),
        ...given('metrics', options.metrics && Object.fromEntries(this.#numbers(Object.entries(options.metrics)))),
        ...given('isBest', options.isBest),
        ...given('bestKey', options.bestKey && plainLabel(options.bestKey)),
        ...given('metadata', options.metadata && plainRecord(options.metadata)),
      },
    ];
  }

  tags(tags: Readonly<Record<string, unknown>>): EventBody[] {
    return [{ type: 'tags', tags: plainTags(tags) }];
  }

  status(status: string, options: StatusOptions): EventBody[] {
    if (!WORKER_STATUSES.has(status)) {
      this.#complaints.raise('XT_ARGUMENT', `${JSON.stringify(status)} is not a status`, 'status');
      return [];
    }
    const current = this.#finite(options.current, 'current');
    const progress =
      current === undefined
        ? undefined
        : {
            current,
            ...given('total', this.#finite(options.total, 'total')),
            ...given('unit', options.unit && plainLabel(options.unit)),
          };
    const message = options.message === undefined ? undefined : cutBytes(String(options.message), LOG_PART);
    return [{ type: 'status', status: status as WorkerStatus, ...given('message', message), ...given('progress', progress) }];
  }

  log(message: unknown, options: LogOptions): EventBody[] {
    const text = typeof message === 'string' ? message : textOf(plainValue(message));
    const level = options.level !== undefined && LOG_LEVELS.has(options.level) ? options.level : 'info';
    const common = {
      type: 'log' as const,
      level,
      ...given('logger', options.logger && plainLabel(options.logger)),
      ...given('step', this.#whole(options.step, 'step')),
    };
    const fields = options.fields && plainRecord(options.fields);
    if (text.length <= LOG_PART) return [{ ...common, message: text, ...given('fields', fields) }];
    const parts = Math.ceil(text.length / LOG_PART);
    return Array.from({ length: Math.min(parts, LOG_PARTS) }, (_, index) => ({
      ...common,
      message: text.slice(index * LOG_PART, (index + 1) * LOG_PART),
      fields: { ...(index === 0 ? fields : {}), part: index + 1, parts },
    }));
  }

  end(status: string, options: EndOptions, durationMs: number): EventBody {
    const end = isFinal(status) ? status : 'completed';
    if (end !== status) this.#complaints.raise('XT_ARGUMENT', `${JSON.stringify(status)} is no way to end a run`, 'status');
    const error = options.error === undefined && end !== 'failed' ? undefined : describeError(options.error);
    return {
      type: 'run_end',
      status: end,
      ...given('error', error),
      ...given('finalMetrics', options.finalMetrics && Object.fromEntries(this.#numbers(Object.entries(options.finalMetrics)))),
      durationMs,
    };
  }

  #path(path: unknown): string | undefined {
    if (typeof path === 'string' && path !== '') return cutBytes(path, LIMITS.path);
    if (path instanceof URL) return cutBytes(path.pathname, LIMITS.path);
    this.#complaints.raise('XT_ARGUMENT', 'a path must be text', 'path');
    return undefined;
  }

  #flatParam(path: readonly string[], value: JsonValue): EventBody[] {
    const key = this.#key(path.join('.'), 'key');
    if (key === undefined) return [];
    // A part that had to be cut is no part of a path any more.
    return [{ type: 'param', key, value, ...(path.length > 1 && key === path.join('.') ? { path } : {}) }];
  }

  #key(key: unknown, field: string): string | undefined {
    const label = plainLabel(key);
    if (label === undefined) this.#complaints.raise('XT_ARGUMENT', 'a key must not be empty', field);
    return label;
  }

  #number(value: unknown, key: string): number | undefined {
    const number = plainNumber(value);
    if (number === undefined) {
      this.#complaints.raise(
        'XT_ARGUMENT',
        `metric ${JSON.stringify(key.slice(0, 64))} is not a number: ${textOf(plainValue(value)).slice(0, 80)}`,
        `metrics.${key.slice(0, 64)}`,
      );
    }
    return number;
  }

  *#numbers(entries: Iterable<readonly [unknown, unknown]>): Iterable<[string, number]> {
    for (const [key, value] of entries) {
      const number = typeof value === 'number' ? value : this.#number(value, String(key));
      const label = this.#key(key, 'key');
      if (number !== undefined && label !== undefined) yield [label, number];
    }
  }

  /** Built field by field: this is on the path of every metric, where a spread for each optional field was a third of the cost. */
  #position(options: MetricOptions): { step?: number; epoch?: number; context?: MetricContext } {
    const position: { step?: number; epoch?: number; context?: MetricContext } = {};
    const step = this.#whole(options.step, 'step');
    if (step !== undefined) position.step = step;
    const epoch = this.#finite(options.epoch, 'epoch');
    if (epoch !== undefined) position.epoch = epoch;
    const context = this.#context(options);
    if (context !== undefined) position.context = context;
    return position;
  }

  #context({ phase, batchSize, datasetSize, aggregation }: MetricOptions): MetricContext | undefined {
    if (phase === undefined && batchSize === undefined && datasetSize === undefined && aggregation === undefined) return undefined;
    const known = phase !== undefined && this.#oneOf(PHASES, phase, 'phase');
    if (batchSize === undefined && datasetSize === undefined && aggregation === undefined) return known ? { phase } : undefined;
    const context = {
      ...(known ? { phase } : {}),
      ...given('batchSize', this.#whole(batchSize, 'batchSize')),
      ...given('datasetSize', this.#whole(datasetSize, 'datasetSize')),
      ...(aggregation !== undefined && this.#oneOf(AGGREGATIONS, aggregation, 'aggregation') ? { aggregation } : {}),
    };
    return Object.keys(context).length > 0 ? context : undefined;
  }

  #oneOf(values: ReadonlySet<string>, value: string, field: string): boolean {
    if (values.has(value)) return true;
    this.#complaints.raise('XT_ARGUMENT', `${JSON.stringify(value)} is none of ${[...values].join(', ')}`, field);
    return false;
  }

  #whole(value: unknown, field: string): number | undefined {
    const number = this.#finite(value, field);
    if (number === undefined || Number.isSafeInteger(number)) return number;
    this.#complaints.raise('XT_ARGUMENT', `${number} is not a whole number`, field);
    return undefined;
  }

  #finite(value: unknown, field: string): number | undefined {
    if (value === undefined || value === null) return undefined;
    const number = plainNumber(value);
    if (number !== undefined && Number.isFinite(number)) return number;
    this.#complaints.raise('XT_ARGUMENT', 'not a finite number', field);
    return undefined;
  }
}

/** An optional field: there when it has a value. */
export function given<Key extends string, Value>(key: Key, value: Value | undefined | ''): { [K in Key]?: Value } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

/** Metadata, fields and the like: a plain JSON object, whatever was passed. */
export function plainRecord(value: unknown): { readonly [key: string]: JsonValue } {
  const plain = plainValue(value);
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
    ? (plain as { readonly [key: string]: JsonValue })
    : { value: plain };
}

/** What was thrown, as the run's error. */
function describeError(error: unknown): RunError {
  if (!(error instanceof Error)) return { message: error === undefined ? 'failed' : cutBytes(textOf(plainValue(error)), LOG_PART) };
  const traceback = typeof error.stack === 'string' ? cutBytes(error.stack, LOG_PART) : undefined;
  return { type: plainLabel(error.name) ?? 'Error', message: cutBytes(String(error.message), LOG_PART), ...given('traceback', traceback) };
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
