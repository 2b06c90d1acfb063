// Records of a run as they are read: one that is damaged hides no other, and is shown as such.

import { XTrackError } from '../protocol/errors.js';
import type { Param } from '../protocol/events.js';
import type { CommandRecord, Entry, EntryKind, RunWarning } from './store.js';
import { decodeJson } from './text.js';

/** What stands where a text was. */
const DAMAGED = '[damaged: this cannot be read]';

/** Rows of one kind. */
export function toEntries(records: readonly string[], runId: string, kind: EntryKind): Entry[] {
  return each(records, () => damagedEntry(runId, kind));
}

export function toWarnings(records: readonly string[], runId: string): RunWarning[] {
  return each(records, () => ({ runId, at: 0, code: 'XT_STORE_READ', detail: DAMAGED, field: null, worker: '', seq: null }));
}

/** Commands steer nothing any more where they cannot be read. */
export function toCommands(records: readonly string[]): CommandRecord[] {
  return each<CommandRecord | undefined>(records, () => undefined).filter((record) => record !== undefined);
}

/** Marks say what is stored: of those that are damaged nothing is guessed. Throws XT_RUN_DAMAGED. */
export function toMarks<Mark>(records: readonly string[], runId: string): Mark[] {
  return each(records, (error) => {
    throw new XTrackError('XT_RUN_DAMAGED', { detail: `run '${runId}': a mark cannot be read`, cause: error });
  });
}

/** For a search: none where it is damaged. */
export function readableParam(record: string): Param[] {
  return each<Param | undefined>([record], () => undefined).filter((param) => param !== undefined);
}

function each<Row>(records: readonly string[], standIn: (error: unknown) => Row): Row[] {
  return records.map((record) => {
    try {
      const row = decodeJson<Row>(record);
      return typeof row === 'object' && row !== null ? row : standIn(undefined);
    } catch (error) {
      return standIn(error);
    }
  });
}

function damagedEntry(runId: string, kind: EntryKind): Entry {
  const base = { runId, worker: '', incarnation: '', seq: 0, ts: 0 };
  switch (kind) {
    case 'param':
      return { ...base, type: kind, key: DAMAGED, value: null };
    case 'artifact':
      return { ...base, type: kind, path: DAMAGED, kind: 'damaged', upload: 'reference' };
    case 'checkpoint':
      return { ...base, type: kind, step: 0, path: DAMAGED };
    case 'log':
      return { ...base, type: kind, level: 'error', message: DAMAGED };
    default:
      return { ...base, type: kind, name: DAMAGED, value: null };
  }
}
