// The Checkpoints tab: which there are, which is best, and how to go on from one.

import { Badge, Button, VisuallyHidden } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { useCheckpoints, usePromote } from '../../../api/hooks';
import type { Checkpoint } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { formatNumber, formatTime } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import { SNIPPETS } from '../../../components/snippets';
import { metricColumns, shownCheckpoints } from './checkpoint-columns';
import classes from './checkpoints.module.css';
import { type CheckpointsTabProps, ResumeDialog } from './resume-dialog';

const MOST_METRICS = 6;

export function CheckpointsTab(props: CheckpointsTabProps): ReactElement {
  const { run } = props;
  const { data: checkpoints, error, refetch } = useCheckpoints(run.runId);
  const [resumed, setResumed] = useState<Checkpoint | null>(null);
  const promote = usePromote(run.runId);
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (checkpoints === undefined) return <LoadingState />;
  if (checkpoints.length === 0) {
    return (
      <EmptyState title="No checkpoints yet">
        <code>{SNIPPETS.checkpoint}</code> records one{run.live && '; "Checkpoint now" in the steering panel asks for one'}.
      </EmptyState>
    );
  }
  return (
    <>
      {promote.error !== null && <p role="alert">{promote.error.message}</p>}
      <CheckpointTable {...props} checkpoints={checkpoints} onPromote={promote.mutate} onResume={setResumed} />
      {resumed !== null && <ResumeDialog {...props} checkpoint={resumed} onClose={() => setResumed(null)} />}
    </>
  );
}

interface TableProps extends CheckpointsTabProps {
  readonly checkpoints: readonly Checkpoint[];
  readonly onPromote: (checkpointId: string) => void;
  readonly onResume: (checkpoint: Checkpoint) => void;
}

function CheckpointTable({ checkpoints, ...rest }: TableProps): ReactElement {
  const [all, setAll] = useState(false);
  const metrics = metricColumns(checkpoints, MOST_METRICS);
  // The newest of those that were the best when they were written is the best.
  const best = checkpoints.findLast(({ isBest }) => isBest);
  const { shown, hidden } = shownCheckpoints(checkpoints, best, all);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard */}
      <section className={classes.box} tabIndex={0} aria-label="Checkpoints">
        <table className={classes.table}>
          <TableHead metrics={metrics} />
          <tbody>
            {shown.map((checkpoint) => (
              <CheckpointRow key={checkpoint.id} {...rest} checkpoint={checkpoint} metrics={metrics} best={checkpoint === best} />
            ))}
          </tbody>
        </table>
      </section>
      {hidden > 0 && (
        <Button size="compact-sm" variant="subtle" onClick={() => setAll(true)}>
          Show {hidden.toLocaleString('en')} older ones
        </Button>
      )}
    </>
  );
}

function TableHead({ metrics }: { readonly metrics: readonly string[] }): ReactElement {
  return (
    <thead>
      <tr>
        <th scope="col" className={classes.number}>
          step
        </th>
        <th scope="col" className={classes.number}>
          epoch
        </th>
        <th scope="col">written</th>
        {metrics.map((key) => (
          <th key={key} scope="col" className={classes.number}>
            {key}
          </th>
        ))}
        <th scope="col">file</th>
        <th scope="col">
          <VisuallyHidden>actions</VisuallyHidden>
        </th>
      </tr>
    </thead>
  );
}

interface RowProps extends Omit<TableProps, 'checkpoints'> {
  readonly checkpoint: Checkpoint;
  readonly metrics: readonly string[];
  readonly best: boolean;
}

function CheckpointRow({ checkpoint, metrics, best, canWrite, onPromote, onResume }: RowProps): ReactElement {
  const { id, step, epoch, path, ts, promoted, exists, bestKey } = checkpoint;
  return (
    <tr data-best={best || undefined}>
      <td className={classes.number}>{step.toLocaleString('en')}</td>
      <td className={classes.number}>{epoch ?? ''}</td>
      <td className={classes.time}>{formatTime(new Date(ts / 1_000).toISOString())}</td>
      {metrics.map((key) => (
        <td key={key} className={classes.number}>
          {checkpoint.metrics?.[key] === undefined ? '' : formatNumber(checkpoint.metrics[key])}
        </td>
      ))}
      <td className={classes.file}>
        <span className={classes.path} title={path}>
          {path.slice(path.lastIndexOf('/') + 1)}
        </span>{' '}
        <CopyButton value={path} label="Copy the path" />{' '}
        <span className={classes.marks}>
          {best && (
            <Badge size="sm" tt="none" variant="light" title={bestKey === null || bestKey === undefined ? undefined : `by ${bestKey}`}>
              best
            </Badge>
          )}
          {promoted && (
            <Badge size="sm" tt="none" variant="light" color="green">
              promoted
            </Badge>
          )}
          {exists === false && (
            <Badge size="sm" tt="none" variant="light" color="gray">
              file is gone
            </Badge>
          )}
        </span>
      </td>
      <td>
        <div className={classes.actions}>
          {canWrite && !promoted && (
            <Button size="compact-xs" variant="default" onClick={() => onPromote(id)}>
              Promote
            </Button>
          )}
          <Button size="compact-xs" variant="default" onClick={() => onResume(checkpoint)}>
            Resume…
          </Button>
        </div>
      </td>
    </tr>
  );
}
