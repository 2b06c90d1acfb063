// What stands in a cell of the table.

import type { ReactElement } from 'react';
import { Link } from 'wouter';
import { isReservedTag } from '../../../../../src/protocol/reserved-tags.js';
import { experimentAddress, runAddress } from '../../../api/addresses';
import { isOver } from '../../../api/patches';
import type { ColumnValue, RunRow } from '../../../api/types';
import { formatAligned, formatNumber, formatParam, plainName } from '../../../components/format';
import { StatusBadge } from '../../../components/status-badge';
import { Ago, Elapsed } from '../../../components/time';
import { type ColumnKind, kindOf } from '../columns/columns';
import classes from '../table.module.css';
import type { TableRun } from './groups';

interface CellProps {
  readonly expr: string;
  readonly item: TableRun;
  /** Its place among the values; -1: it is the row's own. */
  readonly at: number;
}

export function Cell({ expr, item: { run, values }, at }: CellProps): ReactElement | null {
  if (at >= 0) return <Value value={values[at] ?? null} kind={kindOf(expr)} />;
  switch (expr) {
    case 'status':
      return (
        <span title={run.error ?? run.message ?? undefined}>
          <StatusBadge status={run.status} />
        </span>
      );
    case 'progress':
      return <Done run={run} />;
    case 'duration':
      return <Elapsed since={run.startedAt} until={run.endedAt} />;
    case 'tags':
      return <Tags tags={run.tags} />;
    case 'experiment':
      return run.experimentId === null ? null : (
        <Link href={experimentAddress(run.experimentId)} className={classes.quiet} title={run.experimentId}>
          {plainName(run.experimentId)}
        </Link>
      );
    default:
      return <Own expr={expr} run={run} />;
  }
}

const TIMES = { created: 'createdAt', started: 'startedAt', ended: 'endedAt' } as const;

function Own({ expr, run }: { readonly expr: string; readonly run: RunRow }): ReactElement | null {
  if (expr in TIMES) return <Ago at={run[TIMES[expr as keyof typeof TIMES]]} />;
  if (expr === 'parent' && run.parentRunId !== null) {
    return (
      <Link href={runAddress(run.parentRunId)} className={classes.mono}>
        {run.parentRunId}
      </Link>
    );
  }
  const text = expr === 'id' ? run.runId : expr === 'notes' ? run.notes : expr === 'message' ? run.message : null;
  return text === null ? null : (
    <span className={expr === 'id' ? classes.mono : undefined} title={text}>
      {text}
    </span>
  );
}

const FORMATS: Partial<Record<ColumnKind, (value: number) => string>> = { metric: formatAligned, param: formatParam };

function Value({ value, kind }: { readonly value: ColumnValue; readonly kind: ColumnKind }): ReactElement {
  if (value === null) return <span className={classes.none}>–</span>;
  const text = typeof value === 'number' ? (FORMATS[kind] ?? formatNumber)(value) : value;
  return <span title={String(value)}>{text}</span>;
}

function Done({ run: { progress, status } }: { readonly run: RunRow }): ReactElement | null {
  if (progress === null) return status === 'completed' ? null : <span className={classes.none}>–</span>;
  const { current, total, unit } = progress;
  const text = `${formatNumber(current)}${total === undefined ? '' : ` / ${formatNumber(total)}`}${unit === undefined ? '' : ` ${unit}`}`;
  if (total === undefined || total <= 0) return <span title={text}>{text}</span>;
  const share = Math.min(100, Math.max(0, (100 * current) / total));
  return (
    <span className={classes.progress} title={text}>
      <span
        className={classes.bar}
        role="progressbar"
        aria-label={`Progress: ${text}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share)}
        data-over={isOver({ status }) || undefined}
      >
        <span className={classes.done} style={{ width: `${share}%` }} />
      </span>
      <span>{Math.floor(share)}%</span>
    </span>
  );
}

function Tags({ tags }: Pick<RunRow, 'tags'>): ReactElement {
  const shown = Object.entries(tags).filter(([key]) => !isReservedTag(key));
  return (
    <span className={classes.tags} title={shown.map(([key, value]) => `${key}: ${value}`).join('\n')}>
      {shown.map(([key, value]) => (
        <span key={key} className={classes.tag}>
          <span className={classes.tagKey}>{plainName(key)}</span>
          {plainName(value)}
        </span>
      ))}
    </span>
  );
}
