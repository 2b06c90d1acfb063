// Filters that mean the same in every backend: text is compared with case folded.

import type { LogEntry } from '../protocol/events.js';
import { decodeJson, encodeJson } from './json.js';
import type { Entry, EntryQuery, RunQuery, RunRecord, RunStatus } from './store.js';
import { isSeen } from './trash.js';

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
