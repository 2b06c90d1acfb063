// The Logs tab: filters, which the server applies, and the lines.

import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { getJson, segment } from '../../../api/client';
import type { RunDetail } from '../../../api/types';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { LoadingState } from '../../../components/loading-state';
import { SNIPPETS } from '../../../components/snippets';
import { LogBar, type LogView } from './log-bar';
import { LogLines } from './log-lines';
import classes from './logs.module.css';
import { StyledText } from './styled-text';
import { useLogSource } from './use-log-source';

/** ms of silence before what is typed is searched for. */
const TYPING_MS = 200;

export function LogsTab({ run }: { readonly run: RunDetail }): ReactElement {
  const [view, setView] = useState<LogView>({ levels: [], text: '', follow: true, wrap: true });
  const [target, setTarget] = useState<number | null>(null);
  const [text] = useDebouncedValue(view.text, TYPING_MS);
  const { source, state } = useLogSource(run.runId, { levels: view.levels, text }, run.live);
  const change = (part: Partial<LogView>): void => {
    setView((before) => ({ ...before, ...part }));
    // A place among the lines means nothing under another filter.
    if (part.levels !== undefined || part.text !== undefined) setTarget(null);
  };
  const jump = async (ts: number): Promise<void> => {
    change({ follow: false });
    setTarget(await source.placeOf(ts));
  };
  const count = state.count ?? 0;
  return (
    <div className={classes.tab}>
      <LogBar run={run} view={view} count={state.count} onChange={change} onJump={jump} />
      {state.error !== null && <ErrorState error={state.error} onRetry={() => void source.grow()} />}
      {state.count === null && state.error === null && <LoadingState />}
      {state.count === 0 && <NoLines run={run} filtered={view.levels.length > 0 || text !== ''} />}
      {count > 0 && (
        <LogLines
          source={source}
          count={count}
          follow={view.follow}
          onFollow={(follow) => follow !== view.follow && change({ follow })}
          wrap={view.wrap}
          target={target}
        />
      )}
      <PendingRows run={run} />
    </div>
  );
}

function NoLines({ run, filtered }: { readonly run: RunDetail; readonly filtered: boolean }): ReactElement {
  if (filtered) return <EmptyState title="No line meets the filters">Take a level or the text away.</EmptyState>;
  return (
    <EmptyState title="No log lines yet">
      {run.process === null ? (
        <>
          <code>{SNIPPETS.line}</code> writes one; started with <code>xtrack run</code>, stdout and stderr are caught too.
        </>
      ) : (
        'Whatever the process writes to stdout and stderr appears here.'
      )}
    </EmptyState>
  );
}

/** ms between two looks at what is being printed. */
const PACE_MS = 1_000;

/** What the process has printed that is no line yet: its progress bars, as they are now. */
interface PendingOutput {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

function PendingRows({ run }: { readonly run: RunDetail }): ReactElement | null {
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
