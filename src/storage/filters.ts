// Which runs and entries are meant, and what their experiments are in figures: the same in every backend. Text is compared with case
// folded; runs in the trash are seen only where they are asked for.

import { isFinal, type LogEntry } from '../protocol/events.js';
import type { Entry, EntryQuery, ExperimentSummary, RunQuery, RunRecord, RunStatus } from './store.js';
import { compareText, decodeJson, encodeJson } from './text.js';

/** True where `needle` lies in `text`, case ignored. */
function containsFolded(text: string, needle: string): boolean {
  return text.toLowerCase().includes(needle.toLowerCase());
}

/** What stands in JSON as it stands in the text. */
const PLAIN = /^[ !#-[\]-}]*$/;

/** True where `needle` lies in the message of a log line as it is stored, case ignored. Most lines are told without reading their JSON. */
export function recordMentions(record: string, needle: string): boolean {
  if (PLAIN.test(needle) && !containsFolded(record, needle)) return false;
  try {
    return containsFolded(decodeJson<LogEntry>(record).message, needle);
  } catch {
    // A damaged line hides no other.
    return false;
  }
}

export type Deleted = RunQuery['deleted'];

/** SQL that holds for the runs to be seen; `id`: the column with their ids. */
export function seenSql(id: string, deleted: Deleted): string {
  if (deleted === 'include') return 'TRUE';
  return `${id} ${deleted === 'only' ? '' : 'NOT '}IN (SELECT id FROM runs WHERE deleted_at IS NOT NULL)`;
}

export function isSeen({ deletedAt }: Pick<RunRecord, 'deletedAt'>, deleted: Deleted): boolean {
  return deleted === 'include' || (deletedAt !== undefined) === (deleted === 'only');
}

/** The statuses asked for; undefined: any. */
export function wantedStatuses(query: RunQuery): readonly RunStatus[] | undefined {
  if (query.status === undefined) return undefined;
  return typeof query.status === 'string' ? [query.status] : query.status;
}

export function matchesRun(run: RunRecord, query: RunQuery): boolean {
  const { experimentId, parentRunId, createdAfter, createdBefore, text } = query;
  if (!isSeen(run, query.deleted)) return false;
  if (experimentId !== undefined && run.experimentId !== experimentId) return false;
  if (parentRunId !== undefined && run.parentRunId !== parentRunId) return false;
  if (createdAfter !== undefined && run.createdAt < createdAfter) return false;
  if (createdBefore !== undefined && run.createdAt >= createdBefore) return false;
  if (text !== undefined && !containsFolded(run.name ?? '', text) && !containsFolded(run.runId, text)) return false;
  return (wantedStatuses(query)?.includes(run.status) ?? true) && matchesTags(run.tags, query.tags ?? {});
}

function matchesTags(tags: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value);
}

export function matchesEntry(entry: Entry, query: EntryQuery): boolean {
  if (entry.type !== 'log') return true;
  if (query.levels !== undefined && !query.levels.includes(entry.level)) return false;
  return query.text === undefined || containsFolded(entry.message, query.text);
}

/** The entry without the bytes that it carries; that it carries some can still be seen. */
export function bareEntry(entry: Entry): Entry {
  return entry.type === 'artifact' && entry.content !== undefined ? { ...entry, content: '' } : entry;
}

/** As bareEntry, of the JSON that is stored. */
export function bareRecord(record: string): string {
  try {
    return encodeJson(bareEntry(decodeJson<Entry>(record)));
  } catch {
    return record;
  }
}

/** The one in which a run was started last comes first. */
export function inOrder(experiments: readonly ExperimentSummary[]): ExperimentSummary[] {
  const startOf = ({ lastStartedAt }: ExperimentSummary): number => lastStartedAt ?? Number.NEGATIVE_INFINITY;
  const nameOf = ({ experimentId }: ExperimentSummary): string => experimentId ?? '\u{10ffff}';
  // Both may be minus infinity, whose difference is NaN.
  return [...experiments].sort((a, b) => startOf(b) - startOf(a) || compareText(nameOf(a), nameOf(b)));
}

export function summariseExperiments(runs: Iterable<RunRecord>): ExperimentSummary[] {
  const all = new Map<string | null, ExperimentSummary>();
  for (const { experimentId, status, startedAt } of runs) {
    const before = all.get(experimentId) ?? { experimentId, runs: 0, live: 0, lastStartedAt: null };
    all.set(experimentId, {
      experimentId,
      runs: before.runs + 1,
      live: before.live + (isFinal(status) ? 0 : 1),
      lastStartedAt: startedAt === null ? before.lastStartedAt : Math.max(startedAt, before.lastStartedAt ?? startedAt),
    });
  }
  return inOrder([...all.values()]);
}
