// What is said on the control channel: requests, answers and streamed items, and how a typed event survives JSON. Written as JSON, one a
// line, with a bound on the length of a line.

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

/** Longest line in bytes, its newline not counted. */
export const MAX_LINE = 1024 * 1024;

const NEWLINE = 0x0a;

/** Cuts chunks of any size into lines; holds at most `limit` bytes of an unfinished one. */
export class LineReader {
  #parts: Buffer[] = [];
  #pending = 0;
  readonly #limit: number;

  constructor(limit: number = MAX_LINE) {
    this.#limit = limit;
  }

  /** The lines that the chunk completes. Throws XT_FIELD_LIMIT when a line is too long; then the stream cannot go on. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#pending = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#pending += part.length;
    if (this.#pending > this.#limit) throw new XTrackError('XT_FIELD_LIMIT', { detail: `a line is longer than ${this.#limit} bytes` });
    this.#parts.push(part);
  }
}

/** The object on one line. Throws XT_ARGUMENT when it is not a JSON object. */
export function parseLine(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new XTrackError('XT_ARGUMENT', { detail: 'the line is not JSON', cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new XTrackError('XT_ARGUMENT', { detail: 'the line is not a JSON object' });
  }
  return value as Readonly<Record<string, unknown>>;
}

/** One line with its newline. Maps become lists of pairs and non-finite numbers the protocol's strings. */
export function formatLine(value: object): string {
  return `${JSON.stringify(value, (_key, member: unknown) => jsonValue(member))}\n`;
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Map) return [...value];
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
