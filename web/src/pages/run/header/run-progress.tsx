// Progress with elapsed and remaining time; it counts on by itself between two words of the run.

import { Progress } from '@mantine/core';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { RunDetail } from '../../../api/types';
import { useNow } from '../../../components/clock';
import { formatDuration, formatNumber } from '../../../components/format';
import classes from '../run.module.css';
import { addSample, type Estimate, estimate, type ProgressSample } from './eta';

export function RunProgress({ run }: { readonly run: RunDetail }): ReactElement | null {
  const now = useNow();
  const samples = useProgressSamples(run);
  const startedAt = run.startedAt === null ? null : Date.parse(run.startedAt);
  const elapsedMs = run.live && startedAt !== null ? Math.max(0, now - startedAt) : run.durationMs;
  const { progress } = run;
  if (progress === null && elapsedMs === null) return null;
  const pace = progress === null ? null : estimate({ current: progress.current, total: progress.total, startedAt, now, samples });
  return (
    <div className={classes.progress}>
      {pace !== null && pace.fraction !== null && (
        <Progress className={classes.bar ?? ''} value={pace.fraction * 100} size="md" aria-label={`Progress: ${percent(pace.fraction)}`} />
      )}
      {progress !== null && <span>{doneText(run, pace)}</span>}
      {elapsedMs !== null && (
        <span>
          <span className={classes.dim}>{run.live ? 'elapsed' : 'took'}</span> {formatDuration(elapsedMs)}
        </span>
      )}
      {run.live && pace !== null && <span>{remainingText(run, pace)}</span>}
    </div>
  );
}

function doneText({ progress }: RunDetail, pace: Estimate | null): string {
  if (progress === null) return '';
  const { current, total, unit } = progress;
  const share = pace !== null && pace.fraction !== null ? ` (${percent(pace.fraction)})` : '';
  return `${unit ?? 'step'} ${formatNumber(current)}${total === undefined ? '' : ` of ${formatNumber(total)}`}${share}`;
}

/** Finer at the beginning, and 100 % only when it is. */
function percent(fraction: number): string {
  const value = fraction * 100;
  const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
  return `${(Math.floor(value * 10 ** digits) / 10 ** digits).toFixed(digits)} %`;
}

function remainingText({ status }: RunDetail, { remainingMs }: Estimate): ReactElement | string {
  if (status === 'paused') return 'standing still';
  if (status === 'interrupted' || remainingMs === null) return '';
  if (remainingMs < 1_000) return 'about to end';
  return (
    <>
      <span className={classes.dim}>about</span> {formatDuration(remainingMs)} <span className={classes.dim}>to go</span>
    </>
  );
}

/** What the run said of its progress while the page was open. */
function useProgressSamples({ runId, progress, status }: RunDetail): readonly ProgressSample[] {
  const [samples, setSamples] = useState<readonly ProgressSample[]>([]);
  const current = progress?.current;
  const key = `${runId} ${status === 'paused' ? 'paused' : 'going'}`;
  const held = useRef(key);
  useEffect(() => {
    if (current === undefined) return;
    const sample = { at: Date.now(), current };
    // After a pause the pace is measured anew: the time that the run stood still says nothing.
    const fresh = held.current !== key;
    held.current = key;
    setSamples((before) => addSample(fresh ? [] : before, sample));
  }, [current, key]);
  return samples;
}
