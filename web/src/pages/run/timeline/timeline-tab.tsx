// The Timeline tab: what happened to the run, by time.

import { Chip, Group } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { useTimeline } from '../../../api/hooks';
import type { RunDetail, TimelineEntry } from '../../../api/types';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { formatDuration, formatTime } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import classes from './timeline.module.css';
import { kindsOf, shownEntries } from './timeline-kinds';

export function TimelineTab({ run }: { readonly run: RunDetail }): ReactElement {
  const { data: entries, error, refetch } = useTimeline(run.runId);
  const [kinds, setKinds] = useState<string[]>([]);
  const [all, setAll] = useState(false);
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (entries === undefined) return <LoadingState />;
  if (entries.length === 0) return <EmptyState title="Nothing has happened yet" />;
  const { shown, hidden } = shownEntries(entries, kinds, all);
  return (
    <div className={classes.tab}>
      <Chip.Group multiple value={kinds} onChange={setKinds}>
        <Group gap={4} role="group" aria-label="Kinds; none chosen shows all">
          {kindsOf(entries).map(({ kind, count }) => (
            <Chip key={kind} size="xs" value={kind}>
              {kind} {count}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <ol className={classes.list}>
        {shown.map((entry, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place from the oldest one; entries may be alike
          <Entry key={shown.length - at} entry={entry} startedAt={run.startedAt} />
        ))}
      </ol>
      {hidden > 0 && (
        <button type="button" className={classes.older} onClick={() => setAll(true)}>
          Show {hidden.toLocaleString('en')} older entries
        </button>
      )}
    </div>
  );
}

function Entry({ entry, startedAt }: { readonly entry: TimelineEntry; readonly startedAt: string | null }): ReactElement {
  const { at, ts, kind, title, step, detail } = entry;
  const since = startedAt === null ? null : ts / 1_000 - Date.parse(startedAt);
  return (
    <li className={classes.entry} data-kind={kind}>
      <time className={classes.time} dateTime={at} title={formatTime(at)}>
        {formatTime(at).slice(5)}
      </time>
      <span className={classes.since}>{since === null || since < 0 ? '' : `+${formatDuration(since)}`}</span>
      <span className={classes.kind}>{kind}</span>
      <div className={classes.what}>
        {title}
        {step !== undefined && step !== null && <span className={classes.step}> step {step.toLocaleString('en')}</span>}
        {detail !== undefined && detail !== null && detail !== '' && <div className={classes.detail}>{detail}</div>}
      </div>
    </li>
  );
}
