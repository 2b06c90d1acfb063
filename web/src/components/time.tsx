// A moment as how long ago it was, which ticks; the exact time is in its title and for screen readers.

import type { ReactElement } from 'react';
import { useNow } from './clock';
import { formatAgo, formatDuration, formatTime } from './format';

export function Ago({ at }: { readonly at: string | null }): ReactElement {
  const now = useNow();
  if (at === null) return <span aria-hidden>–</span>;
  return (
    <time dateTime={at} title={formatTime(at)}>
      {formatAgo(at, now)}
    </time>
  );
}

interface ElapsedProps {
  readonly since: string | null;
  /** Null: it goes on, and so does the clock. */
  readonly until: string | null;
}

/** From one moment to another, or until now. */
export function Elapsed({ since, until }: ElapsedProps): ReactElement {
  if (since === null) return <span aria-hidden>–</span>;
  return until === null ? <Running since={since} /> : <span>{formatDuration(Date.parse(until) - Date.parse(since))}</span>;
}

function Running({ since }: { readonly since: string }): ReactElement {
  const now = useNow();
  return <span>{formatDuration(now - Date.parse(since))}</span>;
}
