// A run as the public API shows it.

import type { Environment, ProcessExit, Progress, RunError, Source } from '../protocol/index.js';
import { RESERVED_TAGS } from '../protocol/reserved-tags.js';
import type { ProcessRecord, RunRecord, RunStatus, WorkerRecord } from '../storage/store.js';

/** A run at one moment. Times are ISO 8601 in UTC. */
export interface Run {
  readonly runId: string;
  readonly name: string | null;
  /** `completed`, `failed` and `killed` are final; `interrupted` means that contact is lost for now. */
  readonly status: RunStatus;
  readonly experimentId: string | null;
  readonly parentRunId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** When it was moved to the trash; null: it was not. */
  readonly deletedAt: string | null;
  /** Why its row cannot be read: all else is what is known beside it. Null: it is sound. */
  readonly damaged: string | null;
  /** What the worker last said about what it is doing. */
  readonly message: string | null;
  readonly progress: Progress | null;
  /** Why it failed or was killed. */
  readonly error: RunError | null;
  /** How its process ended, where the control plane started it: exit code, or signal by name and number. */
  readonly exit: (ProcessExit & { readonly signalNumber: number | null }) | null;
  readonly finalMetrics: Readonly<Record<string, number>> | null;
  readonly source: Source | null;
  readonly environment: Environment | null;
  readonly workers: readonly WorkerRecord[];
  /** Events by type, each counted once. */
  readonly counts: Readonly<Record<string, number>>;
  readonly process: ProcessRecord | null;
  /** Bytes of stdout and stderr that are captured already, where it is a spawned process. */
  readonly captured: RunRecord['captured'];
  /** Free text of whoever looks after it. */
  readonly notes: string | null;
  /** Put aside: lists leave it out unless asked. */
  readonly archived: boolean;
  /** Everybody who reaches the server may see it. */
  readonly public: boolean;
}

function isoTime(micros: number | null): string | null {
  return micros === null ? null : new Date(micros / 1000).toISOString();
}

/** The numbers that Linux and macOS share; signal(7). Others are known by name alone. */
const SIGNAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGQUIT', 3],
  ['SIGILL', 4],
  ['SIGTRAP', 5],
  ['SIGABRT', 6],
  ['SIGFPE', 8],
  ['SIGKILL', 9],
  ['SIGSEGV', 11],
  ['SIGPIPE', 13],
  ['SIGALRM', 14],
  ['SIGTERM', 15],
]);

function signalNumber(name: string | null): number | null {
  return name === null ? null : (SIGNAL_NUMBERS.get(name) ?? null);
}

/** What each run was made of, for as long as somebody holds it. */
const records = new WeakMap<Run, RunRecord>();

/** The stored row of a run that was read in this process; undefined: it comes from elsewhere, or is an id, and must be looked up. */
export function recordOf(run: Run | string): RunRecord | undefined {
  return typeof run === 'string' ? undefined : records.get(run);
}

export function idOf(run: Run | string): string {
  return typeof run === 'string' ? run : run.runId;
}

/** ms that a run took; null: it is not over, or never began. Where its clock was set back in between, 0: how long it took is not known. */
export function durationOf({ startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'>): number | null {
  return startedAt === null || endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
}

/** The public form of a stored row. */
export function toRun(record: RunRecord): Run {
  const { runId, name, status, experimentId, parentRunId, tags, message, progress, error, exit, finalMetrics, source, environment } =
    record;
  const run: Run = {
    runId,
    name,
    status,
    experimentId,
    parentRunId,
    tags,
    message,
    progress,
    error,
    finalMetrics,
    source,
    environment,
    createdAt: isoTime(record.createdAt) as string,
    startedAt: isoTime(record.startedAt),
    endedAt: isoTime(record.endedAt),
    deletedAt: isoTime(record.deletedAt ?? null),
    damaged: record.damaged ?? null,
    exit: exit === null ? null : { ...exit, signalNumber: signalNumber(exit.signal) },
    workers: record.workers,
    counts: record.counts,
    process: record.process,
    captured: record.captured,
    notes: tags[RESERVED_TAGS.notes] ?? null,
    archived: tags[RESERVED_TAGS.archived] === 'true',
    public: tags[RESERVED_TAGS.public] === 'true',
  };
  records.set(run, record);
  return run;
}

/** True for a run that was opened to everybody who reaches the server, and is not in the trash. */
export function isPublic(run: Pick<Run, 'public' | 'deletedAt'>): boolean {
  return run.public && run.deletedAt === null;
}
