// Puts what was made anew of a run in the place of what was derived of it before, in one transaction.

import type { Client } from 'pg';
import { asideOf, commitRows, type ReplacementRows } from '../thread/rows.js';
import { toPayloads } from './changes.js';
import { send } from './statements.js';
import { runIdArray, textArray } from './writes/arrays.js';
import { deletedName } from './writes/purge.js';
import { recordCommands, runCommands } from './writes/record-writer.js';
import { type LockedRow, type RunHead, toHead } from './writes/tails.js';

/** Tables of derived rows that a run has many of. */
const TABLES = ['tracks', 'chunks', 'chunk_groups', 'tails', 'params', 'run_metrics', 'entries'] as const;

/** The run's row; undefined: it is not in the state that the replacement grew from. `who`: tells it to those who listen. */
export async function replaceDerived(
  client: Client,
  rows: ReplacementRows,
  who: { readonly channel: string; readonly writerId: string },
): Promise<RunHead[] | undefined> {
  const { run, revision } = rows;
  await client.query('BEGIN');
  const [found] = (await send(client, [{ name: 'lockRuns', values: [runIdArray([run.runId, asideOf(run.runId)])] }])) as [LockedRow[]];
  const heads = new Map(found.map((row) => [toHead(row).runId, toHead(row)]));
  const head = heads.get(run.runId);
  const stored = found.find((row) => toHead(row).runId === run.runId)?.revision;
  if (head === undefined || stored !== revision.from) {
    await client.query('ROLLBACK');
    return undefined;
  }
  const aside = heads.get(asideOf(run.runId));
  const move = async (from: number, to: number): Promise<void> => {
    for (const table of TABLES) await client.query(`UPDATE ${table} SET run = $2 WHERE run = $1`, [from, to]);
  };
  // The former rows become those of a run that was deleted, and go in slices.
  const made = await client.query<{ id: number }>('INSERT INTO runs (run_id) VALUES ($1) RETURNING id', [`${asideOf(run.runId)}/former`]);
  const former = made.rows[0]?.id as number;
  await client.query('UPDATE runs SET run_id = $2 WHERE id = $1', [former, deletedName(former)]);
  await move(head.row, former);
  if (aside !== undefined) {
    await move(aside.row, head.row);
    await client.query('DELETE FROM runs WHERE id = $1', [aside.row]);
  }
  await client.query('DELETE FROM marks WHERE run = $1', [head.row]);
  const own = new Map([[run.runId, head]]);
  const records = commitRows(rows);
  await send(client, [...recordCommands(records, own), ...runCommands(records.runs, own, new Map(), records.revisions)]);
  // By the number of the newest block every process knows whether the tails that it holds are still those of the database.
  await client.query(
    `UPDATE runs SET last_block = last_block + 1, tail_block = last_block + 1, last_chunk = $2, tail_chunk = $2, last_track = $3,
     unsettled = false WHERE id = $1`,
    [head.row, Math.max(head.lastChunk, aside?.lastChunk ?? 0), aside?.lastTrack ?? 0],
  );
  const payloads = toPayloads(who.writerId, [[run.runId, head.lastBlock]]);
  await send(client, [{ name: 'notify', values: [who.channel, textArray(payloads)] }]);
  await client.query('COMMIT');
  return aside === undefined ? [head] : [head, aside];
}
