// Which runs are seen: those in the trash only where they are asked for. One meaning for every backend.

import type { RunQuery, RunRecord } from './store.js';

export type Deleted = RunQuery['deleted'];

/** SQL that holds for the runs to be seen; `id`: the column with their ids. */
export function seenSql(id: string, deleted: Deleted): string {
  if (deleted === 'include') return 'TRUE';
  return `${id} ${deleted === 'only' ? '' : 'NOT '}IN (SELECT id FROM runs WHERE deleted_at IS NOT NULL)`;
}

export function isSeen({ deletedAt }: Pick<RunRecord, 'deletedAt'>, deleted: Deleted): boolean {
  return deleted === 'include' || (deletedAt !== undefined) === (deleted === 'only');
}
