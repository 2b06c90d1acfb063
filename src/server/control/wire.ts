// What is said on the control channel: requests, answers and streamed items, and how a typed event survives JSON.

import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { CommandType } from '../../protocol/collector-messages.js';
import { ERRORS, type ErrorCode, XTrackError } from '../../protocol/errors.js';
import type { JsonValue } from '../../protocol/events.js';
import type { StartRunOptions } from '../../runtime/process/run-manager.js';
import type { RunEdit } from '../../runtime/run-edit.js';

/** `{"id":1,"method":"startRun","params":{…}}`, one line. */
export interface ControlRequest {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** An error as it travels: `detail` is what exactly happened, the rest follows from the code. */
export interface WireError {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly field: string | null;
}

/** Answers carry `result` or `error` once; a subscription sends any number of `item`s and then `end`. */
export interface ControlReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: WireError;
  readonly item?: ControlItem;
  readonly end?: true;
}

/** Anything that a subscription yields. */
export interface ControlItem {
  readonly type: string;
}

const text = Type.String({ maxLength: 1024 * 1024 });
const texts = Type.Record(Type.String(), text);
const nullable = Type.Union([text, Type.Null()]);
const runId = Type.String({ minLength: 1, maxLength: 128 });
/** Bytes would be 512 (see SendCommandOptions); whoever steers with a reason gives it here. */
const author = Type.String({ minLength: 1, maxLength: 512 });
const wait = Type.Optional(Type.Boolean());

/** Parameters of each method. */
export interface ControlParams {
  readonly ping: Readonly<Record<string, never>>;
  readonly startRun: StartRunOptions;
  /** `wait: false`: answered as soon as the run is being stopped. */
  readonly stopRun: { readonly runId: string; readonly graceMs?: number; readonly by?: string; readonly wait?: boolean };
  /** `wait: false`: answered with the record as it stands, at once. */
  readonly sendCommand: {
    readonly runId: string;
    readonly type: CommandType;
    readonly payload?: Readonly<Record<string, JsonValue>>;
    readonly expiresInMs?: number;
    readonly by?: string;
    readonly wait?: boolean;
  };
  /** Answered where a command would arrive at once; else XT_RUN_NOT_LIVE. */
  readonly reach: { readonly runId: string };
  readonly updateRun: { readonly runId: string } & RunEdit;
  readonly deleteRun: { readonly runId: string };
  readonly restoreRun: { readonly runId: string };
  readonly purgeRun: { readonly runId: string };
  readonly subscribe: { readonly runId: string; readonly types?: readonly string[] };
  /** `id` of the subscribe request. */
  readonly unsubscribe: { readonly id: number };
}

export type ControlMethod = keyof ControlParams;

const COMMANDS = ['pause', 'resume', 'stop', 'checkpoint_now', 'update_params', 'adjust_lr', 'custom'];

/** Unknown parameters are ignored, so that an older server understands a newer client. */
const SCHEMAS = {
  ping: Type.Object({}),
  startRun: Type.Object({
    command: Type.String({ minLength: 1 }),
    args: Type.Optional(Type.Array(text)),
    env: Type.Optional(texts),
    cwd: Type.Optional(text),
    name: Type.Optional(text),
    experimentId: Type.Optional(text),
    parentRunId: Type.Optional(runId),
    tags: Type.Optional(texts),
    runId: Type.Optional(runId),
    systemMetrics: Type.Optional(Type.Union([Type.Boolean(), Type.Object({ intervalMs: Type.Number() })])),
  }),
  stopRun: Type.Object({ runId, graceMs: Type.Optional(Type.Number({ minimum: 0 })), by: Type.Optional(author), wait }),
  sendCommand: Type.Object({
    runId,
    type: Type.Enum(COMMANDS),
    payload: Type.Optional(Type.Record(Type.String(), Type.Any())),
    expiresInMs: Type.Optional(Type.Number({ minimum: 0 })),
    by: Type.Optional(author),
    wait,
  }),
  reach: Type.Object({ runId }),
  updateRun: Type.Object({
    runId,
    name: Type.Optional(text),
    notes: Type.Optional(nullable),
    tags: Type.Optional(Type.Record(Type.String(), nullable)),
    archived: Type.Optional(Type.Boolean()),
    public: Type.Optional(Type.Boolean()),
    promoted: Type.Optional(nullable),
  }),
  deleteRun: Type.Object({ runId }),
  restoreRun: Type.Object({ runId }),
  purgeRun: Type.Object({ runId }),
  subscribe: Type.Object({ runId, types: Type.Optional(Type.Array(Type.String())) }),
  unsubscribe: Type.Object({ id: Type.Integer() }),
} as const satisfies Record<ControlMethod, object>;

const VALIDATORS = new Map(Object.entries(SCHEMAS).map(([method, schema]) => [method, Compile(schema)]));

/** The request on a parsed line. Throws XT_ARGUMENT when there is no such method or its parameters do not fit. */
export function readRequest(line: Readonly<Record<string, unknown>>): ControlRequest & { readonly method: ControlMethod } {
  const { id, method, params = {} } = line;
  if (typeof id !== 'number') throw new XTrackError('XT_ARGUMENT', { detail: 'a request needs a numeric id', field: 'id' });
  const validator = typeof method === 'string' ? VALIDATORS.get(method) : undefined;
  if (validator === undefined) throw new XTrackError('XT_ARGUMENT', { detail: 'there is no such control method', field: 'method' });
  if (!validator.Check(params)) {
    const [first] = validator.Errors(params);
    const field = `params${(first?.instancePath ?? '').replaceAll('/', '.')}`;
    throw new XTrackError('XT_ARGUMENT', { detail: first?.message ?? 'the parameters do not fit', field });
  }
  return { id, method: method as ControlMethod, params: params as Readonly<Record<string, unknown>> };
}

/** An error for the wire; what is no XTrackError becomes XT_ARGUMENT. */
export function toWireError(thrown: unknown): WireError {
  const error = XTrackError.from(thrown, 'XT_ARGUMENT');
  return { code: error.code, detail: errorDetail(error), field: error.field ?? null };
}

/** What exactly happened, without the code, the field and the remedy that the message also carries. */
export function errorDetail(error: XTrackError): string {
  const where = error.field === undefined ? '' : ` (field ${error.field})`;
  const start = `${error.code}: `.length;
  const end = error.message.length - `${where}; ${error.remedy}`.length;
  return error.message.slice(start, Math.max(start, end));
}

/** The error that the other side raised; a code of a newer version becomes XT_ARGUMENT. */
export function fromWireError(error: WireError): XTrackError {
  const known = Object.hasOwn(ERRORS, error.code);
  const field = typeof error.field === 'string' ? { field: error.field } : {};
  return new XTrackError(known ? error.code : 'XT_ARGUMENT', { detail: known ? error.detail : `${error.code}: ${error.detail}`, ...field });
}

/** A streamed item as the subscriber of the same process would get it: numbers and Maps are made again. */
export function reviveItem(item: ControlItem): ControlItem {
  const fields = item as ControlItem & Record<string, unknown>;
  switch (item.type) {
    case 'metric':
      return { ...fields, value: Number(fields.value) } as ControlItem;
    case 'metric_batch':
      return {
        ...fields,
        metrics: new Map((fields.metrics as [string, unknown][]).map(([key, value]) => [key, Number(value)])),
      } as ControlItem;
    case 'run_end':
      return withNumbers(fields, 'finalMetrics');
    case 'checkpoint':
      return withNumbers(fields, 'metrics');
    default:
      return item;
  }
}

function withNumbers(item: ControlItem & Record<string, unknown>, name: string): ControlItem {
  const values = item[name];
  if (typeof values !== 'object' || values === null) return item;
  const numbers = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value)]));
  return { ...item, [name]: numbers } as ControlItem;
}
