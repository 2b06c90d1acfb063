// A run's row as it is read: the record and the columns beside it, out of which it is shown where the record is damaged.

import { XTrackError } from '../protocol/errors.js';
import type { RunRecord, RunStatus } from './store.js';
import { decodeJson, decodeText } from './text.js';
import type { RunColumns } from './thread/calls.js';

/** Columns of `runs` as RunColumns. */
export const RUN_COLUMNS =
  'record, details, deleted_at AS "deletedAt", run_id AS "runId", name, status, experiment, parent, created_at AS "createdAt"';

/** The run again. One whose record is damaged is made of what stands beside it, and says so in `damaged`. */
export function toRun(columns: RunColumns): RunRecord {
  const { deletedAt = null } = columns;
  const trash = deletedAt !== null && { deletedAt };
  try {
    const record = decodeJson<RunRecord>(columns.record);
    const details = decodeJson<Pick<RunRecord, 'source' | 'environment' | 'tags'>>(columns.details);
    check(record, details, columns);
    return { ...record, ...details, ...trash };
  } catch (error) {
    return { ...standIn(columns), damaged: `its row cannot be read: ${XTrackError.from(error, 'XT_STORE_READ').detail}`, ...trash };
  }
}

/** The record of a run that is to be worked with, not only shown. Throws XT_RUN_DAMAGED. */
export function sound<Record extends Pick<RunRecord, 'runId' | 'damaged'>>(record: Record): Record {
  if (record.damaged === undefined) return record;
  throw new XTrackError('XT_RUN_DAMAGED', { detail: `run '${record.runId}': ${record.damaged}` });
}

function check(record: RunRecord, details: Pick<RunRecord, 'tags'>, columns: RunColumns): void {
  const { workers, counts, captured, createdAt, status } = record;
  const whole =
    record.runId === decodeText(columns.runId) &&
    typeof status === 'string' &&
    Number.isFinite(createdAt) &&
    Array.isArray(workers) &&
    [counts, captured, details.tags].every((part) => typeof part === 'object' && part !== null);
  if (!whole) throw new XTrackError('XT_STORE_READ', { detail: 'parts of it are missing' });
}

function standIn({ runId, name, status, experiment, parent, createdAt }: RunColumns): RunRecord {
  const text = (stored: string | null): string | null => (typeof stored === 'string' ? decodeText(stored) : null);
  return {
    runId: decodeText(runId),
    name: text(name),
    status: (status ?? 'pending') as RunStatus,
    experimentId: text(experiment),
    parentRunId: text(parent),
    tags: {},
    source: null,
    environment: null,
    createdAt: Number.isFinite(createdAt) ? Number(createdAt) : 0,
    startedAt: null,
    endedAt: null,
    message: null,
    progress: null,
    error: null,
    exit: null,
    finalMetrics: null,
    workers: [],
    counts: {},
    captured: { stdout: 0, stderr: 0 },
    process: null,
    owner: null,
  };
}
