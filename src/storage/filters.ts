// Filters that mean the same in every backend: text is compared with case folded, steps with both ends included.

import type { Entry, EntryQuery, RunQuery, RunRecord, RunStatus, SeriesQuery } from './store.js';

/** True where `needle` lies in `text`, case ignored. */
export function containsFolded(text: string, needle: string): boolean {
  return text.toLowerCase().includes(needle.toLowerCase());
}

/** The statuses asked for; undefined: any. */
export function wantedStatuses(query: RunQuery): readonly RunStatus[] | undefined {
  if (query.status === undefined) return undefined;
  return typeof query.status === 'string' ? [query.status] : query.status;
}

export function matchesRun(run: RunRecord, query: RunQuery): boolean {
  const { experimentId, parentRunId, createdAfter, createdBefore, text } = query;
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

/** Steps asked for, as numbers; undefined: every point, those without a step included. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

export function stepRange(query: SeriesQuery): StepRange | undefined {
  const from = query.range?.from ?? Number.NEGATIVE_INFINITY;
  const to = query.range?.to ?? Number.POSITIVE_INFINITY;
  return from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY ? undefined : { from, to };
}
