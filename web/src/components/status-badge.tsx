// A run's status, told by a word, a colour and a shape, so that no eye is left out.

import type { CSSProperties, ReactElement } from 'react';
import type { RunStatus } from '../api/types';
import classes from './components.module.css';
import { toneOf } from './status-tone';

export function StatusBadge({ status }: { readonly status: RunStatus }): ReactElement {
  const { tone, live, hollow } = toneOf(status);
  return (
    <span className={classes.badge} style={{ '--tone': tone } as CSSProperties}>
      <span className={classes.dot} data-live={live || undefined} data-hollow={hollow || undefined} aria-hidden />
      {status}
    </span>
  );
}
