// What is checked of a command before it is stored and sent: its size, its depth, that its worker can make sense of it, and how many its run
// was given of late.

import type { CommandType } from '../../protocol/collector-messages.js';
import { XTrackError } from '../../protocol/errors.js';
import type { JsonValue } from '../../protocol/events.js';

type Payload = Readonly<Record<string, JsonValue>>;

/** Bytes of JSON. */
const MAX_PAYLOAD = 64 * 1024;
/** Levels of nesting: what a worker's own decoder takes, its envelope counted. */
const MAX_DEPTH = 32;

/** The payload as it is, where it is fit for the command. Throws XT_ARGUMENT, XT_FIELD_LIMIT. */
export function checkPayload(type: CommandType, payload: Payload): Payload {
  if (isDeeper(payload, MAX_DEPTH)) throw new XTrackError('XT_FIELD_LIMIT', { detail: `more than ${MAX_DEPTH} levels`, field: 'payload' });
  if (Buffer.byteLength(JSON.stringify(payload)) > MAX_PAYLOAD)
    throw new XTrackError('XT_FIELD_LIMIT', { detail: `more than ${MAX_PAYLOAD} bytes`, field: 'payload' });
  const fault = FAULTS[type]?.(payload);
  if (fault !== undefined) throw new XTrackError('XT_ARGUMENT', { detail: fault, field: 'payload' });
  return payload;
}

/** What is wrong with the payload of each command that needs one. */
const FAULTS: Readonly<Partial<Record<CommandType, (payload: Payload) => string | undefined>>> = {
  adjust_lr: ({ lr, factor }) =>
    (lr === undefined) !== (factor === undefined) && isPositive(lr ?? factor)
      ? undefined
      : 'adjust_lr takes {"lr": number} or {"factor": number}, over 0',
  update_params: (payload) =>
    Object.keys(payload.params === undefined ? payload : (payload.params ?? {})).length > 0
      ? undefined
      : 'update_params takes {name: value}, or that as {"params": …}',
  custom: ({ name }) =>
    typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= 512 ? undefined : 'custom takes {"name": text, …}',
};

function isPositive(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

const WINDOW_MS = 10_000;
/** Commands per run in a window; a slider that is dragged sends a few a second. */
const MAX_COMMANDS = 100;
/** Runs that are counted; the one longest without a command is forgotten first. */
const MAX_RUNS = 1_000;

/** How many commands a run may be given in a while: a stuck key or a script in a loop must not flood its workers. */
export class CommandRate {
  private readonly times = new Map<string, number[]>();

  /** Counts one more. Throws XT_BUSY where it is one too many. `now`: ms of the monotonic clock. */
  count(runId: string, now: number): void {
    const recent = (this.times.get(runId) ?? []).filter((time) => now - time < WINDOW_MS);
    if (recent.length >= MAX_COMMANDS)
      throw new XTrackError('XT_BUSY', { detail: `run '${runId}' was given ${MAX_COMMANDS} commands in ${WINDOW_MS / 1000} s` });
    recent.push(now);
    this.times.delete(runId);
    this.times.set(runId, recent);
    for (const oldest of this.times.keys()) {
      if (this.times.size <= MAX_RUNS) break;
      this.times.delete(oldest);
    }
  }
}
