// Points and blocks of a commit: appends to the open tails, seals full chunks, and writes the tails down now and then,
// so that no rebuild has to replay much. Inside the writer's transaction; after a failed one, `dropTouched` forgets.

import { packBlock } from '../../points/block-codec.js';
import { CHUNK_POINTS, encodeChunk } from '../../points/chunk.js';
import { toBlob } from '../../points/chunk-column.js';
import { PointList } from '../../points/point-list.js';
import type { OpenTrack, RunTails } from '../../points/run-tails.js';
import { trackKey } from '../../points/run-tails.js';
import type { TrackBook } from '../../points/track-book.js';
import type { PointColumns, TrackDefinition } from '../../series/series.js';
import { CELL_POINTS, SummaryList } from '../../series/summary.js';
import { TrackStats } from '../../series/track-stats.js';
import { encodeText } from '../../text.js';
import type { BlockRow } from '../../thread/rows.js';
import type { Connection, Statement } from '../driver.js';
import { GroupWriter } from './group-writer.js';
import type { RecordWriter } from './record-writer.js';
import { SearchWriter } from './search-writer.js';
import { loadTail, loadTails } from './tails.js';

/** Runs whose tails are held. */
const MOST_RUNS = 1_024;

interface Slot {
  readonly tails: RunTails;
  readonly track: OpenTrack;
}

export class Ingest {
  readonly #connection: Connection;
  readonly #records: RecordWriter;
  readonly #definitions: TrackBook;
  readonly #runs = new Map<number, RunTails>();
  readonly #touched = new Set<RunTails>();
  readonly #slots = new Map<number, Slot>();
  readonly #newestBlock: Statement;
  readonly #insertBlock: Statement;
  readonly #insertTrack: Statement;
  readonly #updateStats: Statement;
  readonly #insertChunk: Statement;
  readonly #updateChunk: Statement;
  readonly #insertData: Statement;
  readonly #updateData: Statement;
  readonly #deleteChunk: Statement;
  readonly #deleteData: Statement;
  readonly #finishCheckpoint: Statement;
  readonly #search: SearchWriter;
  readonly #groups: GroupWriter;

  constructor(connection: Connection, records: RecordWriter, definitions: TrackBook) {
    this.#connection = connection;
    this.#records = records;
    this.#definitions = definitions;
    this.#newestBlock = connection.prepare('SELECT max(id) AS id FROM blocks WHERE run = ?');
    this.#insertBlock = connection.prepare('INSERT INTO blocks (run, codec, events, implied, bytes) VALUES (?, ?, ?, ?, ?)');
    this.#insertTrack = connection.prepare(
      'INSERT INTO tracks (run, key, phase, worker, aggregation, incarnation, stats) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#updateStats = connection.prepare('UPDATE tracks SET stats = ? WHERE id = ?');
    this.#insertChunk = connection.prepare('INSERT INTO chunks (track, open, first_seq, last_seq, count, cells) VALUES (?, ?, ?, ?, ?, ?)');
    this.#updateChunk = connection.prepare('UPDATE chunks SET first_seq = ?, last_seq = ?, count = ?, cells = ? WHERE id = ?');
    this.#insertData = connection.prepare('INSERT INTO chunk_data (chunk, data) VALUES (?, ?)');
    this.#updateData = connection.prepare('UPDATE chunk_data SET data = ? WHERE chunk = ?');
    this.#deleteChunk = connection.prepare('DELETE FROM chunks WHERE id = ?');
    this.#deleteData = connection.prepare('DELETE FROM chunk_data WHERE chunk = ?');
    this.#finishCheckpoint = connection.prepare(
      'UPDATE runs SET tail_block = ?, tail_chunk = (SELECT coalesce(max(id), 0) FROM chunks) WHERE id = ?',
    );
    this.#search = new SearchWriter(connection);
    this.#groups = new GroupWriter(connection);
  }

  /** The tails of a run as of the last commit, where this process wrote up to `newestBlock`; undefined: read the database. */
  tailsAt(row: number, newestBlock: number): RunTails | undefined {
    const tails = this.#runs.get(row);
    return tails?.lastBlock === newestBlock ? tails : undefined;
  }

  /** These tracks are written to no more: what is written down of them stays with their runs. */
  forget(tracks: readonly number[]): void {
    for (const id of tracks) this.#slots.delete(id);
  }

  begin(): void {
    this.#touched.clear();
    this.#trim();
  }

  /** Lets go of the tails of the runs that were not written to for longest, where there are very many: they come back from the database. */
  #trim(): void {
    if (this.#runs.size <= MOST_RUNS) return;
    const gone = new Set<RunTails>();
    for (const [row, tails] of this.#runs) {
      if (this.#runs.size <= MOST_RUNS / 2) break;
      this.#runs.delete(row);
      gone.add(tails);
    }
    for (const [id, { tails }] of this.#slots) if (gone.has(tails)) this.#slots.delete(id);
  }

  addBlock(block: BlockRow): void {
    const tails = this.#touch(this.#records.row(block.runId));
    const { codec, bytes } = packBlock(block.bytes, block.implied);
    const { lastInsertRowid } = this.#insertBlock.run(tails.row, codec, block.events, block.implied, bytes);
    tails.lastBlock = Number(lastInsertRowid);
    tails.bytesSince += block.bytes.length;
    tails.eventsSince += block.events;
  }

  addPoints(points: PointColumns): void {
    const { seq, step, epoch, ts, value, track: ids } = points;
    let previous = -1;
    let track: OpenTrack | undefined;
    for (let at = 0; at < points.length; at++) {
      const id = ids[at] as number;
      if (id !== previous || track === undefined) track = this.#track(id);
      previous = id;
      const s = seq[at] as number;
      const t = ts[at] as number;
      const v = value[at] as number;
      track.tail.push(s, step[at] as number, epoch[at] as number, t, v);
      track.stats.add(s, step[at] as number, epoch[at] as number, t, v);
      if (track.tail.length >= CHUNK_POINTS) this.#seal(track);
    }
  }

  /** Writes down the tails that are due, and all of the runs in `ended`. */
  checkpointDue(ended: ReadonlySet<number>): void {
    // One whose writer was killed may end without another event.
    for (const row of ended) if (this.#runs.has(row) || this.#search.isUnsettled(row)) this.#touch(row);
    for (const tails of this.#touched) {
      if (ended.has(tails.row) || tails.due) this.#checkpoint(tails);
      if (ended.has(tails.row)) this.#search.settle(tails);
      else this.#search.unsettle(tails);
    }
  }

  /** Writes down every tail that is held, unless another process took the run over. */
  checkpointHeld(): void {
    this.begin();
    for (const [row, held] of [...this.#runs]) {
      if (this.#newest(row) !== held.lastBlock) this.drop(row);
      else if (held.dirty.size > 0 || held.eventsSince > 0 || held.unsettled) {
        this.#checkpoint(held);
        this.#search.settle(held);
      }
    }
  }

  #checkpoint(tails: RunTails): void {
    this.#relieve(tails);
    for (const track of tails.dirty) {
      this.#updateStats.run(toBlob(track.stats.pack()), track.row);
      this.#writeOpen(track);
    }
    tails.settled();
    this.#finishCheckpoint.run(tails.lastBlock, tails.row);
  }

  /** The transaction failed: what it changed in memory is forgotten, and comes back from the database. */
  dropTouched(): void {
    for (const tails of this.#touched) this.drop(tails.row);
    this.#touched.clear();
    this.#groups.forget();
  }

  /** Forgets all tails. */
  dropAll(): void {
    for (const row of [...this.#runs.keys()]) this.drop(row);
    this.#touched.clear();
    this.#groups.forget();
  }

  /** Forgets the tails of a run (it ended, or is gone). */
  drop(row: number): void {
    const tails = this.#runs.get(row);
    if (tails === undefined) return;
    this.#runs.delete(row);
    this.#touched.delete(tails);
    for (const [id, slot] of this.#slots) if (slot.tails === tails) this.#slots.delete(id);
  }

  #newest(row: number): number {
    return (this.#newestBlock.get(row) as { id: number | null }).id ?? 0;
  }

  #touch(row: number): RunTails {
    const held = this.#runs.get(row);
    if (held !== undefined && this.#touched.has(held)) return held;
    const newest = this.#newest(row);
    // Another process wrote to the run meanwhile: what is held here is stale.
    if (held !== undefined && held.lastBlock !== newest) this.drop(row);
    const tails = this.#runs.get(row) ?? loadTails(this.#connection, row);
    // The last that was written to stands last.
    this.#runs.delete(row);
    this.#runs.set(row, tails);
    this.#touched.add(tails);
    return tails;
  }

  #track(id: number): OpenTrack {
    const slot = this.#slots.get(id);
    if (slot !== undefined && this.#touched.has(slot.tails)) {
      slot.tails.dirty.add(slot.track);
      return slot.track;
    }
    const definition = this.#definitions.get(id) as TrackDefinition;
    const tails = this.#touch(this.#records.row(definition.runId));
    const track = tails.tracks.get(trackKey(definition)) ?? this.#newTrack(tails, definition);
    loadTail(this.#connection, track);
    this.#slots.set(id, { tails, track });
    tails.dirty.add(track);
    return track;
  }

  #newTrack(tails: RunTails, definition: TrackDefinition): OpenTrack {
    const { runId, key, phase, worker, aggregation, incarnation } = definition;
    const stats = new TrackStats();
    const inserted = this.#insertTrack.run(
      tails.row,
      encodeText(key),
      phase,
      encodeText(worker),
      aggregation,
      encodeText(incarnation),
      toBlob(stats.pack()),
    );
    const id = { runId, worker, key, phase, aggregation };
    const track = { row: Number(inserted.lastInsertRowid), id, incarnation, tail: new PointList(), stats, openRow: 0, pending: false };
    tails.tracks.set(trackKey(definition), track);
    return track;
  }

  #seal(track: OpenTrack): void {
    const all = track.tail.sorted();
    for (let from = 0; from < all.length; from += CHUNK_POINTS) {
      const points = all.length <= CHUNK_POINTS ? all : all.slice(from, Math.min(from + CHUNK_POINTS, all.length));
      const { lastInsertRowid } = this.#insertChunk.run(track.row, 0, ...chunkColumns(points));
      this.#insertData.run(lastInsertRowid, encodeChunk(points, 'small'));
      this.#groups.sealed(track.row);
    }
    if (track.openRow !== 0) this.#deleteOpen(track);
    track.tail.clear();
  }

  #writeOpen(track: OpenTrack): void {
    if (track.tail.length >= CHUNK_POINTS) this.#seal(track);
    const points = track.tail.sorted();
    if (points.length === 0) return;
    const data = encodeChunk(points, 'fast');
    if (track.openRow === 0) {
      const { lastInsertRowid } = this.#insertChunk.run(track.row, 1, ...chunkColumns(points));
      track.openRow = Number(lastInsertRowid);
      this.#insertData.run(lastInsertRowid, data);
    } else {
      this.#updateChunk.run(...chunkColumns(points), track.openRow);
      this.#updateData.run(data, track.openRow);
    }
  }

  #deleteOpen(track: OpenTrack): void {
    this.#deleteData.run(track.openRow);
    this.#deleteChunk.run(track.openRow);
    track.openRow = 0;
  }

  /** Seals early where a run of very many series holds too much memory in its tails. */
  #relieve(tails: RunTails): void {
    for (const track of tails.oversized) {
      this.#seal(track);
      track.tail.release();
    }
  }
}

function chunkColumns(points: PointList): [number, number, number, Uint8Array] {
  const cells = new SummaryList(Math.ceil(points.length / CELL_POINTS));
  cells.appendCells(points);
  return [points.seq[0] as number, points.seq[points.length - 1] as number, points.length, toBlob(cells.packed())];
}
