// The life of a command as it is told to people: given, with the worker, done, or why not. Nothing here says more than the server knows.

import type { JsonValue } from '../../../src/protocol/events.js';
import type { CommandRecord } from '../../../src/storage/store.js';

export type StepState = 'done' | 'now' | 'ahead' | 'failed';

export interface LifeStep {
  readonly label: string;
  readonly state: StepState;
  /** µs since the epoch. */
  readonly at?: number;
}

export type Outcome = 'open' | 'ok' | 'refused';

export interface CommandLife {
  readonly steps: readonly LifeStep[];
  readonly outcome: Outcome;
  /** One sentence: how it stands, or why not. */
  readonly sentence: string;
}

/** What the page itself knows before the server has answered, or when it refused. */
export interface UnsentCommand {
  readonly state: 'sending' | 'refused';
  readonly reason?: string;
}

const NAMES: Readonly<Record<CommandRecord['command'], string>> = {
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  checkpoint_now: 'Checkpoint now',
  update_params: 'Update params',
  adjust_lr: 'Set learning rate',
  custom: 'Custom',
};

/** The command as its button calls it; a custom one with the name in its payload. */
export function commandName({ command, payload }: Pick<CommandRecord, 'command' | 'payload'>): string {
  const name = command === 'custom' ? payload.name : undefined;
  return typeof name === 'string' && name !== '' ? `Custom: ${name}` : (NAMES[command] ?? command);
}

/** Before the server has it. */
export function unsentLife({ state, reason }: UnsentCommand): CommandLife {
  const failed = state === 'refused';
  return {
    steps: [
      { label: failed ? 'Not sent' : 'Sending', state: failed ? 'failed' : 'now' },
      { label: 'Received', state: 'ahead' },
      { label: 'Done', state: 'ahead' },
    ],
    outcome: failed ? 'refused' : 'open',
    sentence: failed ? (reason ?? 'The server refused it.') : 'On its way to the server.',
  };
}

/** `now`: µs since the epoch. */
export function commandLife(record: CommandRecord, now: number): CommandLife {
  const { status, issuedAt, answeredAt } = record;
  const answered = status === 'ok' || status === 'error' || status === 'unsupported';
  const received = answered || status === 'sent';
  const sent: LifeStep = { label: 'Sent', state: 'done', at: issuedAt };
  const end = endStep(record);
  const middle: LifeStep =
    status === 'expired' && !received ? { label: 'Received', state: 'ahead' } : { label: 'Received', state: received ? 'done' : 'now' };
  return {
    steps: [sent, middle, { ...end, ...(answeredAt === null ? {} : { at: answeredAt }) }],
    outcome: status === 'ok' ? 'ok' : received && !answered ? 'open' : status === 'pending' ? 'open' : 'refused',
    sentence: sentenceOf(record, now),
  };
}

function endStep({ status }: CommandRecord): LifeStep {
  switch (status) {
    case 'ok':
      return { label: 'Done', state: 'done' };
    case 'error':
      return { label: 'Failed', state: 'failed' };
    case 'unsupported':
      return { label: 'Unsupported', state: 'failed' };
    case 'expired':
      return { label: 'Expired', state: 'failed' };
    case 'sent':
      return { label: 'Done', state: 'now' };
    default:
      return { label: 'Done', state: 'ahead' };
  }
}

function sentenceOf(record: CommandRecord, now: number): string {
  const { status, error } = record;
  switch (status) {
    case 'ok':
      return [`Done after ${seconds((record.answeredAt ?? now) - record.issuedAt)}`, resultText(record.result)].filter(Boolean).join(': ');
    case 'error':
      return error ?? 'The worker could not do it and gave no reason.';
    case 'unsupported':
      return error ?? 'No worker of this run can do this.';
    case 'expired':
      return error === null ? 'Nobody answered in time.' : `Expired: ${error}.`;
    case 'sent':
      return `A worker has it and acts at its next step${expiry(record, now)}.`;
    default:
      return `Waits for a worker to take it${expiry(record, now)}.`;
  }
}

function expiry({ expiresAt }: CommandRecord, now: number): string {
  const left = expiresAt - now;
  return left > 0 ? `; given up in ${seconds(left)}` : '; its time is over';
}

function seconds(micros: number): string {
  const value = Math.max(0, micros) / 1e6;
  return value < 9.95 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

/** `{"lr": {"old": 0.1, "new": 0.01}}` is `lr 0.1 → 0.01`; the rest as `key value`. Empty where there is nothing to tell. */
export function resultText(result: JsonValue): string {
  if (result === null || result === '') return '';
  if (typeof result !== 'object' || Array.isArray(result)) return plain(result);
  return Object.entries(result)
    .map(([key, value]) => `${key} ${isChange(value) ? `${plain(value.old)} → ${plain(value.new)}` : plain(value)}`)
    .join(', ');
}

function isChange(value: JsonValue): value is { readonly old: JsonValue; readonly new: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'old' in value && 'new' in value;
}

function plain(value: JsonValue): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a command asks for, on one line: `lr 0.01`, `× 0.5`, `batch 64, mode "fast"`. */
export function payloadText({ command, payload }: Pick<CommandRecord, 'command' | 'payload'>): string {
  if (command === 'adjust_lr' && typeof payload.factor === 'number') return `× ${plain(payload.factor)}`;
  const inner = payload.params;
  const shown = command === 'update_params' && typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : payload;
  return Object.entries(shown)
    .filter(([key]) => !(command === 'custom' && key === 'name'))
    .map(([key, value]) => `${key} ${plain(value)}`)
    .join(', ');
}
