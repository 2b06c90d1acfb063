// The sign of XTrack with its name.

import type { ReactElement } from 'react';
import classes from './shell.module.css';

export function Logo(): ReactElement {
  return (
    <span className={classes.logo}>
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden>
        <rect width="32" height="32" rx="7" className={classes.logoGround} />
        <path d="M6 22.5 12 12l5 7 4-8 5 5" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      XTrack
    </span>
  );
}
