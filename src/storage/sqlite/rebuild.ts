// Puts what was made anew of a run in the place of what was derived of it before. Inside one transaction.

import { asideOf, type ReplacementRows } from '../thread/rows.js';
import type { Connection } from './driver.js';
import { deletedName } from './writes/purge.js';
import type { RecordWriter } from './writes/record-writer.js';

/** Tables of derived rows that a run has many of. What hangs on a track goes with it. */
const TABLES = ['tracks', 'params', 'run_metrics', 'entries'] as const;

/** The rows of the run that may be held in memory; undefined: the run is not in the state that the replacement grew from. */
export function replaceDerived(
  connection: Connection,
  records: RecordWriter,
  { run, marks, revision }: ReplacementRows,
): number[] | undefined {
  records.begin();
  if (!records.has(run.runId) || records.revision(run.runId) !== revision.from) return undefined;
  const row = records.row(run.runId);
  const aside = records.row(asideOf(run.runId));
  const move = (from: number, to: number): void => {
    for (const table of TABLES) connection.prepare(`UPDATE ${table} SET run = ? WHERE run = ?`).run(to, from);
  };
  // The former rows become those of a run that was deleted, and go in slices.
  const former = Number(connection.prepare('INSERT INTO runs (run_id) VALUES (?)').run(`${asideOf(run.runId)}/former`).lastInsertRowid);
  connection.prepare('UPDATE runs SET run_id = ? WHERE id = ?').run(deletedName(former), former);
  move(row, former);
  move(aside, row);
  connection.prepare('DELETE FROM runs WHERE id = ?').run(aside);
  connection.prepare('DELETE FROM marks WHERE run = ?').run(row);
  for (const mark of marks) records.putMark(mark);
  records.putRun(run);
  records.putRevision(run.runId, revision.to);
  renameNewestBlock(connection, row);
  connection
    .prepare(
      `UPDATE runs SET unsettled = 0, tail_block = (SELECT coalesce(max(id), 0) FROM blocks WHERE run = ?),
       tail_chunk = (SELECT coalesce(max(id), 0) FROM chunks) WHERE id = ?`,
    )
    .run(row, row);
  return [row, aside];
}

/** By the number of the newest block every process knows whether the tails that it holds of a run are still those of the database. */
function renameNewestBlock(connection: Connection, row: number): void {
  const next = "1 + max((SELECT max(id) FROM blocks), (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'blocks'))";
  const renamed = connection
    .prepare(`UPDATE blocks SET id = ${next} WHERE id = (SELECT max(id) FROM blocks WHERE run = ?) RETURNING id`)
    .get(row) as { id: number } | undefined;
  if (renamed !== undefined) connection.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'blocks'").run(renamed.id);
}
