// A run's status, told by a word, a colour and a shape, so that no eye is left out.

import type { CSSProperties, ReactElement } from 'react';
import type { RunStatus } from '../api/types';
import classes from './components.module.css';

interface StatusTone {
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

function toneOf(status: RunStatus): StatusTone {
  return TONES[status] ?? waiting;
}

export function StatusBadge({ status }: { readonly status: RunStatus }): ReactElement {
  const { tone, live, hollow } = toneOf(status);
  return (
    <span className={classes.badge} style={{ '--tone': tone } as CSSProperties}>
      <span className={classes.dot} data-live={live || undefined} data-hollow={hollow || undefined} aria-hidden />
      {status}
    </span>
  );
}
