// A run as a row of a list, and as its own page shows it.

import type { Knob } from '../../../protocol/events.js';
import { isFinal } from '../../../protocol/events.js';
import { durationOf, type Run } from '../../../query/run.js';
import type { GapRecord } from '../../../query/run-reader.js';
import type { RunWarning } from '../../../storage/store.js';

type Shared =
  | 'runId'
  | 'name'
  | 'status'
  | 'experimentId'
  | 'parentRunId'
  | 'tags'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
  | 'deletedAt'
  | 'damaged'
  | 'message'
  | 'progress'
  | 'notes'
  | 'archived'
  | 'public';

/** A run without what only its own page shows. Times are ISO 8601 in UTC. */
export interface RunRow extends Pick<Run, Shared> {
  /** Why it failed or was killed, in one line. */
  readonly error: string | null;
  /** From its start to its end; null while it has not ended. */
  readonly durationMs: number | null;
}

export interface RunDetail
  extends RunRow,
    Pick<Run, 'exit' | 'source' | 'environment' | 'workers' | 'counts' | 'process' | 'finalMetrics' | 'captured'> {
  /** Why it failed or was killed, with the traceback. */
  readonly failure: Run['error'];
  readonly gaps: readonly GapRecord[];
  /** The newest. */
  readonly warnings: readonly RunWarning[];
  readonly knobs: readonly Knob[];
  /** It is not over. */
  readonly live: boolean;
  /** A command would arrive now: a worker that takes them is connected. */
  readonly reachable: boolean;
}

export function toRunRow(run: Run): RunRow {
  const { runId, name, status, experimentId, parentRunId, tags, createdAt, startedAt, endedAt, deletedAt, message, progress } = run;
  return {
    runId,
    name,
    status,
    experimentId,
    parentRunId,
    tags,
    createdAt,
    startedAt,
    endedAt,
    deletedAt,
    message,
    progress,
    error: run.error?.message ?? null,
    damaged: run.damaged,
    durationMs: durationOf(run),
    notes: run.notes,
    archived: run.archived,
    public: run.public,
  };
}

export function toRunDetail(run: Run, more: Pick<RunDetail, 'gaps' | 'warnings' | 'knobs' | 'reachable'>): RunDetail {
  const { exit, source, environment, workers, counts, process, finalMetrics, captured } = run;
  return {
    ...toRunRow(run),
    failure: run.error,
    live: !isFinal(run.status),
    exit,
    source,
    environment,
    workers,
    counts,
    process,
    finalMetrics,
    captured,
    ...more,
  };
}
