// The open tails of one run: what is not yet in a sealed chunk. Held by the writer, and rebuilt by whoever reads the run
// from outside, always out of the same two things: open chunk rows, and the blocks after the run's tail_block.

import { decodeChunk } from '../../points/chunk.js';
import { toFloats } from '../../points/chunk-column.js';
import type { PointList } from '../../points/point-list.js';
import type { ReplayPoint } from '../../points/replay.js';
import { replayBlock } from '../../points/replay-gate.js';
import { type OpenTrack, openTrack, RunTails, type TrackName, type TrackRow, trackKey } from '../../points/run-tails.js';
import { TrackStats } from '../../series/track-stats.js';
import type { Connection } from '../driver.js';

interface RunRow {
  readonly run_id: string;
  readonly tail_block: number;
  readonly tail_chunk: number;
}

interface StoredTrack extends TrackRow {
  readonly stats: Uint8Array;
}

interface BlockRow {
  readonly id: number;
  readonly codec: number;
  readonly implied: string;
  readonly bytes: Uint8Array;
}

/** Builds the tails of a run from the database as the connection sees it now. */
export function loadTails(connection: Connection, row: number): RunTails {
  const run = connection.prepare('SELECT run_id, tail_block, tail_chunk FROM runs WHERE id = ?').get(row) as RunRow;
  const tails = new RunTails(row, run.run_id);
  const rows = connection.prepare('SELECT * FROM tracks WHERE run = ?').all(row) as StoredTrack[];
  const byRow = new Map<number, OpenTrack>();
  for (const stored of rows) {
    const track = openTrack(run.run_id, stored, TrackStats.unpack(toFloats(stored.stats)));
    tails.tracks.set(trackKey({ ...track.id, incarnation: track.incarnation }), track);
    byRow.set(track.row, track);
  }
  findOpenChunks(connection, row, byRow);
  replay(connection, tails, run, sealedSince(connection, row, run.tail_chunk));
  return tails;
}

/** Puts the points of the open row into the tail, where that was put off. Must come before anything reads or appends to it. */
export function loadTail(connection: Connection, track: OpenTrack): PointList {
  if (!track.pending) return track.tail;
  const { data } = connection.prepare('SELECT data FROM chunk_data WHERE chunk = ?').get(track.openRow) as { data: Uint8Array };
  track.tail.append(decodeChunk(data));
  track.pending = false;
  return track.tail;
}

function findOpenChunks(connection: Connection, run: number, byRow: ReadonlyMap<number, OpenTrack>): void {
  const rows = connection
    .prepare('SELECT c.id, c.track FROM tracks t JOIN chunks c ON c.track = t.id WHERE t.run = ? AND c.open = 1')
    .all(run) as { id: number; track: number }[];
  for (const { id, track } of rows) {
    const target = byRow.get(track);
    if (target === undefined) continue;
    target.openRow = id;
    target.pending = true;
  }
}

/** Seqs per track that were sealed out of blocks which the replay meets again. */
function sealedSince(connection: Connection, run: number, tailChunk: number): Map<number, Set<number>> {
  const rows = connection
    .prepare(
      `SELECT c.track, d.data FROM tracks t JOIN chunks c ON c.track = t.id AND c.id > ? JOIN chunk_data d ON d.chunk = c.id
       WHERE t.run = ? AND c.open = 0`,
    )
    .all(tailChunk, run) as { track: number; data: Uint8Array }[];
  const sealed = new Map<number, Set<number>>();
  for (const { track, data } of rows) {
    const seqs = sealed.get(track) ?? new Set<number>();
    sealed.set(track, seqs);
    const points = decodeChunk(data);
    for (let at = 0; at < points.length; at++) seqs.add(points.seq[at] as number);
  }
  return sealed;
}

function replay(connection: Connection, tails: RunTails, run: RunRow, sealed: ReadonlyMap<number, ReadonlySet<number>>): void {
  const next = connection.prepare('SELECT id, codec, implied, bytes FROM blocks WHERE run = ? AND id > ? ORDER BY id LIMIT 1');
  tails.lastBlock = run.tail_block;
  const add = (name: TrackName, point: ReplayPoint): void => {
    const track = tails.tracks.get(trackKey(name));
    // No track: the event was kept but never charted (a run over its series limit).
    if (track === undefined) return;
    track.stats.add(point.seq, point.step, point.epoch, point.ts, point.value);
    tails.dirty.add(track);
    if (sealed.get(track.row)?.has(point.seq) !== true)
      loadTail(connection, track).push(point.seq, point.step, point.epoch, point.ts, point.value);
  };
  for (;;) {
    const block = next.get(tails.row, tails.lastBlock) as BlockRow | undefined;
    if (block === undefined) return;
    replayBlock(block, add);
    tails.lastBlock = block.id;
  }
}
