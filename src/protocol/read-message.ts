// A checked envelope → the typed message, by the payload schema of its type. Here wire names become typed names.

import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { conform, type FieldWarning, Problem } from './conform.js';
import type { Envelope } from './envelope.js';
import { XTrackError } from './errors.js';
import type { EventBase, JsonValue, UnknownEvent, WorkerMessage } from './events.js';
import { isRunId } from './run-id.js';
import { WORKER_PAYLOADS } from './schemas.js';
import { type Builders, builders } from './wire-to-event.js';

/** A message, and what was left out of it. */
export interface ReadMessage {
  readonly message: WorkerMessage;
  readonly warnings: readonly FieldWarning[] | undefined;
}

/** Up to this many bytes of body no size limit of a field can be exceeded, so the compiled check alone decides. */
const SURELY_WITHIN_LIMITS = 512;

type WireType = keyof typeof WORKER_PAYLOADS;

interface Reader {
  readonly schema: TSchema;
  readonly fits: (payload: unknown) => boolean;
  readonly build: (base: EventBase, payload: never) => WorkerMessage | Problem;
  /** hello and heartbeat: seq 0, not events. */
  readonly session: boolean;
}

const readers: ReadonlyMap<string, Reader> = new Map(
  (Object.keys(WORKER_PAYLOADS) as WireType[]).map((type) => {
    const schema: TSchema = WORKER_PAYLOADS[type];
    const validator = Compile(schema);
    const fits = (payload: unknown) => validator.Check(payload);
    return [type, { schema, fits, build: builders[type] as Builders[WireType], session: type === 'hello' || type === 'heartbeat' }];
  }),
);

/** The typed message of an envelope whose frame has `bodyBytes` bytes of JSON, or why it is refused. */
export function readMessage(envelope: Envelope, bodyBytes: number): ReadMessage | XTrackError {
  const reader = readers.get(envelope.wireType);
  if (reader === undefined) return { message: unknownEvent(envelope), warnings: undefined };
  if (reader.session !== (envelope.seq === 0)) {
    return new XTrackError('XT_ENVELOPE', { detail: reader.session ? 'expected 0' : 'events count from 1', field: 'm.seq' });
  }
  const warnings: FieldWarning[] = [];
  const surelyFits = bodyBytes <= SURELY_WITHIN_LIMITS && reader.fits(envelope.payload);
  const payload = surelyFits ? envelope.payload : conform(reader.schema, envelope.payload, 'p', warnings);
  if (payload instanceof Problem) return refusal(payload);
  const message = reader.build(eventBase(envelope, payload), payload as never);
  if (message instanceof Problem) return refusal(message);
  return { message, warnings: warnings.length === 0 ? undefined : warnings };
}

function eventBase(envelope: Envelope, payload: unknown): EventBase {
  const runId = (payload as { readonly run_id?: unknown }).run_id;
  const { worker, incarnation, seq, ts } = envelope;
  return { runId: typeof runId === 'string' ? runId : '', worker, incarnation, seq, ts };
}

function refusal(problem: Problem): XTrackError {
  return new XTrackError(problem.code, { detail: problem.detail, field: problem.field });
}

/** Never an error: a run id that cannot be read becomes `''`. */
function unknownEvent(envelope: Envelope): UnknownEvent {
  const { wireType, worker, incarnation, seq, ts, payload } = envelope;
  const runId = isRunId(payload.run_id) ? payload.run_id : '';
  return { type: 'unknown', runId, worker, incarnation, seq, ts, wireType, payload: payload as Readonly<Record<string, JsonValue>> };
}

/** What an unread payload says about its run, for a refusal. */
export function claimedRunId(payload: unknown): string | undefined {
  const runId = (payload as { readonly run_id?: unknown } | undefined)?.run_id;
  if (isRunId(runId)) return runId;
  const id = (runId as { readonly id?: unknown } | null | undefined)?.id;
  return isRunId(id) ? id : undefined;
}
