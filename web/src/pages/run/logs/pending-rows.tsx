// What the process has printed that is no line yet: its progress bars, as they are now.

import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { getJson, segment } from '../../../api/client';
import type { RunDetail } from '../../../api/types';
import classes from './logs.module.css';
import { StyledText } from './styled-text';

/** ms between two looks. */
const PACE_MS = 1_000;

interface PendingOutput {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

export function PendingRows({ run }: { readonly run: RunDetail }): ReactElement | null {
  const isWatched = run.live && run.process !== null;
  const { data } = useQuery({
    queryKey: ['output', run.runId],
    queryFn: ({ signal }) => getJson<PendingOutput>(`/runs/${segment(run.runId)}/output`, signal),
    enabled: isWatched,
    refetchInterval: PACE_MS,
  });
  const rows = isWatched && data !== undefined ? [...data.stdout, ...data.stderr] : [];
  if (rows.length === 0) return null;
  return (
    <section className={classes.pending} aria-label="Being printed">
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a screen have no other identity
        <div key={at} className={classes.pendingRow}>
          <StyledText text={row} />
        </div>
      ))}
    </section>
  );
}
