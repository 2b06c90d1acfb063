// The open tails of one run, built from what a connection sees: rows in `tails`, and the blocks after the run's tail_block.

import type { ClientBase } from 'pg';
import type { PointList } from '../../points/point-list.js';
import { replayBlock } from '../../points/replay-gate.js';
import { type OpenTrack, openTrack, RunTails, trackKey } from '../../points/run-tails.js';
import { TrackStats } from '../../series/track-stats.js';
import { decodeText } from '../../text.js';
import { copyRows } from '../driver.js';
import { toDoubles } from './arrays.js';
import { int2, int4, int8, type RowFields, text } from './copy-out.js';

/** Blocks of one page of the replay; each holds at most one frame more than 1 MiB. */
const PAGE_BLOCKS = 16;

/** Runs work on a connection that sees what was committed last. */
export type Loading = <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>;

/** The counters of a run's row. */
export interface RunHead {
  readonly row: number;
  readonly runId: string;
  readonly lastBlock: number;
  readonly lastChunk: number;
  readonly lastTrack: number;
  readonly tailBlock: number;
  readonly tailChunk: number;
}

/** Columns of RunHead in `runs`. */
export const HEAD_COLUMNS = 'id, run_id, last_block, last_chunk, last_track, tail_block, tail_chunk';

/** A row of HEAD_COLUMNS. */
export interface HeadRow {
  readonly id: number;
  readonly run_id: string;
  readonly last_block: number;
  readonly last_chunk: number;
  readonly last_track: number;
  readonly tail_block: number;
  readonly tail_chunk: number;
}

/** A run's row under the lock of a commit. */
export interface LockedRow extends HeadRow {
  /** PostgreSQL's `t` or `f`: there is no record yet. */
  readonly bare: string;
  readonly revision: number;
}

export interface RevisionRow {
  readonly run_id: string;
  readonly revision: number;
}

export function toHead(row: HeadRow): RunHead {
  return {
    row: row.id,
    runId: decodeText(row.run_id),
    lastBlock: row.last_block,
    lastChunk: row.last_chunk,
    lastTrack: row.last_track,
    tailBlock: row.tail_block,
    tailChunk: row.tail_chunk,
  };
}

/** The tails of a run with the numbers that its next chunk and track get. */
export class NumberedTails extends RunTails {
  lastChunk: number;
  lastTrack: number;
  tailBlock: number;
  tailChunk: number;

  constructor(head: RunHead) {
    super(head.row, head.runId);
    this.lastChunk = head.lastChunk;
    this.lastTrack = head.lastTrack;
    this.tailBlock = head.tailBlock;
    this.tailChunk = head.tailChunk;
  }
}

/** Builds the tails of a run as of its head, out of the same snapshot or under the lock on the run's row. */
export async function loadTails(client: ClientBase, head: RunHead): Promise<NumberedTails> {
  const tails = new NumberedTails(head);
  await readTracks(client, tails);
  const sealed = await sealedSince(client, head);
  await replay(client, tails, head, sealed);
  return tails;
}

/** Puts the points of the stored tails into these tracks, where that was put off. Must come before anything reads or appends to them. */
export async function loadPending(load: Loading, run: number, tracks: readonly OpenTrack[]): Promise<void> {
  const pending = new Map(tracks.filter((track) => track.pending).map((track) => [track.row, track]));
  if (pending.size === 0) return;
  const numbers = [...pending.keys()].join(', ');
  const sql = `SELECT track, seq, step, epoch, ts, value FROM tails WHERE run = ${run} AND track IN (${numbers})`;
  const onRow = (fields: RowFields): void => {
    const track = pending.get(int4(fields[0]));
    if (track === undefined) return;
    appendColumns(track.tail, fields.slice(1));
    track.pending = false;
  };
  await load((client) => copyRows(client, sql, onRow));
}

/** Appends seq, step, epoch, ts and value of one row. */
export function appendColumns(points: PointList, fields: RowFields): void {
  const seq = toDoubles(fields[0] as Buffer);
  const columns = fields.map((field) => (field === null ? new Float64Array(seq.length).fill(Number.NaN) : toDoubles(field)));
  const [, step, epoch, ts, value] = columns as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  for (let at = 0; at < seq.length; at++) {
    points.push(seq[at] as number, step[at] as number, epoch[at] as number, ts[at] as number, value[at] as number);
  }
}

async function readTracks(client: ClientBase, tails: NumberedTails): Promise<void> {
  const sql = `SELECT t.number, t.key, t.phase, t.worker, t.aggregation, t.incarnation, t.stats, l.track
    FROM tracks t LEFT JOIN tails l ON l.run = ${tails.row} AND l.track = t.number WHERE t.run = ${tails.row}`;
  await copyRows(client, sql, (fields) => {
    const [key, phase, worker, aggregation, incarnation] = fields.slice(1, 6).map(text) as [string, string, string, string, string];
    const stored = { id: int4(fields[0]), key, phase, worker, aggregation, incarnation };
    const track = openTrack(tails.runId, stored, TrackStats.unpack(toDoubles(fields[6] as Buffer)));
    track.openRow = fields[7] === null ? 0 : track.row;
    track.pending = fields[7] !== null;
    tails.tracks.set(trackKey({ ...track.id, incarnation: decodeText(incarnation) }), track);
  });
}

/** Seqs per track that were sealed out of blocks which the replay meets again. */
async function sealedSince(client: ClientBase, head: RunHead): Promise<Map<number, Set<number>>> {
  const sealed = new Map<number, Set<number>>();
  if (head.lastChunk === head.tailChunk) return sealed;
  const sql = `SELECT track, seq FROM chunks WHERE run = ${head.row} AND number > ${head.tailChunk}`;
  await copyRows(client, sql, (fields) => {
    const track = int4(fields[0]);
    const seqs = sealed.get(track) ?? new Set<number>();
    sealed.set(track, seqs);
    for (const seq of toDoubles(fields[1] as Buffer)) seqs.add(seq);
  });
  return sealed;
}

interface Found {
  readonly track: OpenTrack;
  readonly seq: number;
  readonly step: number;
  readonly epoch: number;
  readonly ts: number;
  readonly value: number;
}

async function replay(
  client: ClientBase,
  tails: NumberedTails,
  head: RunHead,
  sealed: ReadonlyMap<number, ReadonlySet<number>>,
): Promise<void> {
  tails.lastBlock = head.tailBlock;
  while (tails.lastBlock < head.lastBlock) {
    const from = tails.lastBlock;
    const found = await readPage(client, tails, head);
    // The run was deleted, or blocks are missing: nothing more will come.
    if (tails.lastBlock === from) break;
    await loadPending((work) => work(client), head.row, [...new Set(found.map(({ track }) => track))]);
    for (const { track, seq, step, epoch, ts, value } of found) {
      track.stats.add(seq, step, epoch, ts, value);
      tails.dirty.add(track);
      if (sealed.get(track.row)?.has(seq) !== true) track.tail.push(seq, step, epoch, ts, value);
    }
  }
  tails.lastBlock = head.lastBlock;
}

async function readPage(client: ClientBase, tails: NumberedTails, head: RunHead): Promise<Found[]> {
  const found: Found[] = [];
  const sql = `SELECT number, codec, implied, bytes FROM blocks
    WHERE run = ${head.row} AND number > ${tails.lastBlock} AND number <= ${head.lastBlock} ORDER BY number LIMIT ${PAGE_BLOCKS}`;
  await copyRows(client, sql, (fields) => {
    const block = { codec: int2(fields[1]), implied: text(fields[2]), bytes: fields[3] as Buffer };
    replayBlock(block, (name, point) => {
      const track = tails.tracks.get(trackKey(name));
      // No track: the event was kept but never charted (a run over its series limit).
      if (track !== undefined) found.push({ track, ...point });
    });
    tails.lastBlock = int8(fields[0]);
  });
  return found;
}
