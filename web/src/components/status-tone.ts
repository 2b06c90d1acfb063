// How a status looks.

import type { RunStatus } from '../api/types';

export interface StatusTone {
  /** A colour of the theme. */
  readonly tone: string;
  /** Work goes on right now. */
  readonly live: boolean;
  /** Drawn as a ring. */
  readonly hollow: boolean;
}

const good: StatusTone = { tone: 'var(--xt-good)', live: false, hollow: false };
const bad: StatusTone = { tone: 'var(--xt-bad)', live: false, hollow: false };
const active: StatusTone = { tone: 'var(--xt-active)', live: true, hollow: false };
const waiting: StatusTone = { tone: 'var(--xt-quiet)', live: false, hollow: true };
const held: StatusTone = { tone: 'var(--xt-warn)', live: false, hollow: true };

const TONES: Readonly<Record<RunStatus, StatusTone>> = {
  pending: waiting,
  initializing: waiting,
  running: active,
  training: active,
  evaluating: active,
  checkpointing: active,
  resuming: active,
  finishing: active,
  paused: held,
  interrupted: held,
  completed: good,
  failed: bad,
  killed: { ...bad, hollow: true },
};

export function toneOf(status: RunStatus): StatusTone {
  return TONES[status] ?? waiting;
}
