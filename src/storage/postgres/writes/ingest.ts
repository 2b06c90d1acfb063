// Points and blocks of a commit: appends to the open tails, seals full chunks, and writes the tails down now and then, so that no
// rebuild has to replay much. What it changes in memory stays only if the commit does; after a failed one `dropTouched` forgets.

import { packBlock } from '../../points/block-codec.js';
import { CHUNK_POINTS } from '../../points/chunk.js';
import { PointList } from '../../points/point-list.js';
import type { OpenTrack } from '../../points/run-tails.js';
import { trackKey } from '../../points/run-tails.js';
import type { TrackBook } from '../../points/track-book.js';
import type { PointColumns, TrackDefinition } from '../../series/series.js';
import { TrackStats } from '../../series/track-stats.js';
import type { BlockRow, CommitRows } from '../../thread/rows.js';
import { PointWrites } from './point-writes.js';
import { type Loading, loadPending, loadTails, NumberedTails, type RunHead } from './tails.js';

/** Tails of a run that goes on are written down at least so often (ms): so far behind is plain SQL, and so little a rebuild replays. */
const CHECKPOINT_MS = 5_000;
/** … unless they are so many that writing them would take most of that time: ms a tail. */
const MS_PER_TAIL = 2;

interface Slot {
  readonly tails: NumberedTails;
  readonly track: OpenTrack;
}

export class Ingest {
  readonly #definitions: TrackBook;
  readonly #runs = new Map<number, NumberedTails>();
  readonly #writtenAt = new WeakMap<NumberedTails, number>();
  readonly #touched = new Set<NumberedTails>();
  readonly #slots = new Map<number, Slot>();
  #writes = new PointWrites();

  constructor(definitions: TrackBook) {
    this.#definitions = definitions;
  }

  /** The tails of a run as of the last commit, where this process wrote up to `lastBlock`; undefined: read the database. */
  tailsAt(row: number, lastBlock: number): NumberedTails | undefined {
    const tails = this.#runs.get(row);
    return tails?.lastBlock === lastBlock ? tails : undefined;
  }

  /** These tracks are written to no more: what is written down of them stays with their runs. */
  forget(tracks: readonly number[]): void {
    for (const id of tracks) this.#slots.delete(id);
  }

  /** Rows of runs whose tails are ahead of the database. */
  get ahead(): string[] {
    return [...this.#runs.values()].filter((tails) => tails.dirty.size > 0 || tails.eventsSince > 0).map((tails) => tails.runId);
  }

  /** Starts a commit: brings the tails that it touches up to the heads, which are locked. */
  async prepare(load: Loading, rows: Pick<CommitRows, 'blocks' | 'points'>, heads: ReadonlyMap<string, RunHead>): Promise<void> {
    this.#touched.clear();
    this.#writes = new PointWrites();
    for (const { runId } of rows.blocks) await this.#touch(load, heads.get(runId) as RunHead);
    const tracks = new Map<NumberedTails, OpenTrack[]>();
    for (const id of distinct(rows.points)) {
      const definition = this.#definitions.get(id) as TrackDefinition;
      const tails = await this.#touch(load, heads.get(definition.runId) as RunHead);
      const track = this.#track(tails, id, definition);
      const known = tracks.get(tails);
      if (known === undefined) tracks.set(tails, [track]);
      else known.push(track);
    }
    for (const [tails, touched] of tracks) await loadPending(load, tails.row, touched);
  }

  /** Takes the points and blocks in, and says what is to be written. `ended`: runs whose tails are written down in any case. */
  apply(rows: Pick<CommitRows, 'blocks' | 'points'>, heads: ReadonlyMap<string, RunHead>, ended: ReadonlySet<number>): PointWrites {
    for (const block of rows.blocks) this.#addBlock(heads.get(block.runId) as RunHead, block);
    this.#addPoints(rows.points);
    for (const row of ended) {
      const tails = this.#runs.get(row);
      if (tails !== undefined) this.#touched.add(tails);
    }
    for (const tails of this.#touched) if (ended.has(tails.row) || this.#isDue(tails)) this.#checkpoint(tails);
    for (const tails of this.#touched) this.#writes.head(tails);
    return this.#writes;
  }

  /** Everything that is held of these runs, unless another process took them over: to be written down. */
  async applyHeld(heads: Iterable<RunHead>, load: Loading): Promise<PointWrites> {
    this.#touched.clear();
    this.#writes = new PointWrites();
    for (const head of heads) {
      const tails = this.tailsAt(head.row, head.lastBlock);
      if (tails === undefined) {
        this.drop(head.row);
        continue;
      }
      this.#touched.add(tails);
      await loadPending(load, tails.row, [...tails.dirty]);
      this.#checkpoint(tails);
      this.#writes.head(tails);
    }
    return this.#writes;
  }

  /** The transaction failed: what it changed in memory is forgotten, and comes back from the database. */
  dropTouched(): void {
    for (const tails of this.#touched) this.drop(tails.row);
    this.#touched.clear();
  }

  /** Forgets all tails. */
  dropAll(): void {
    for (const row of [...this.#runs.keys()]) this.drop(row);
    this.#touched.clear();
  }

  /** Forgets the tails of a run (it ended, or is gone). */
  drop(row: number): void {
    const tails = this.#runs.get(row);
    if (tails === undefined) return;
    this.#runs.delete(row);
    for (const [id, slot] of this.#slots) if (slot.tails === tails) this.#slots.delete(id);
  }

  async #touch(load: Loading, head: RunHead): Promise<NumberedTails> {
    const held = this.#runs.get(head.row);
    if (held !== undefined && this.#touched.has(held)) return held;
    // Another process wrote to the run meanwhile: what is held here is stale.
    if (held !== undefined && held.lastBlock !== head.lastBlock) this.drop(head.row);
    const tails = this.#runs.get(head.row) ?? (await startTails(load, head));
    if (!this.#writtenAt.has(tails)) this.#writtenAt.set(tails, performance.now());
    this.#runs.set(head.row, tails);
    this.#touched.add(tails);
    return tails;
  }

  #track(tails: NumberedTails, id: number, definition: TrackDefinition): OpenTrack {
    const known = this.#slots.get(id);
    if (known !== undefined) return known.track;
    const track = tails.tracks.get(trackKey(definition)) ?? this.#newTrack(tails, definition);
    this.#slots.set(id, { tails, track });
    return track;
  }

  #newTrack(tails: NumberedTails, definition: TrackDefinition): OpenTrack {
    const { runId, key, phase, worker, aggregation, incarnation } = definition;
    tails.lastTrack += 1;
    const track: OpenTrack = {
      row: tails.lastTrack,
      id: { runId, worker, key, phase, aggregation },
      incarnation,
      tail: new PointList(),
      stats: new TrackStats(),
      openRow: 0,
      pending: false,
    };
    tails.tracks.set(trackKey(definition), track);
    this.#writes.track(tails.row, track);
    return track;
  }

  #addBlock(head: RunHead, block: BlockRow): void {
    const tails = this.#runs.get(head.row) as NumberedTails;
    tails.lastBlock += 1;
    tails.bytesSince += block.bytes.length;
    tails.eventsSince += block.events;
    this.#writes.block(tails.row, tails.lastBlock, block, packBlock(block.bytes, block.implied));
  }

  #addPoints(points: PointColumns): void {
    const { seq, step, epoch, ts, value, track: ids } = points;
    let previous = -1;
    let slot: Slot | undefined;
    for (let at = 0; at < points.length; at++) {
      const id = ids[at] as number;
      if (id !== previous || slot === undefined) {
        slot = this.#slots.get(id) as Slot;
        slot.tails.dirty.add(slot.track);
      }
      previous = id;
      const { track } = slot;
      const s = seq[at] as number;
      const t = ts[at] as number;
      const v = value[at] as number;
      track.tail.push(s, step[at] as number, epoch[at] as number, t, v);
      track.stats.add(s, step[at] as number, epoch[at] as number, t, v);
      if (track.tail.length >= CHUNK_POINTS) this.#seal(slot.tails, track);
    }
  }

  #isDue(tails: NumberedTails): boolean {
    if (tails.due) return true;
    const age = performance.now() - (this.#writtenAt.get(tails) ?? 0);
    return age > Math.max(CHECKPOINT_MS, tails.dirty.size * MS_PER_TAIL);
  }

  #checkpoint(tails: NumberedTails): void {
    for (const track of tails.oversized) {
      this.#seal(tails, track);
      track.tail.release();
    }
    for (const track of tails.dirty) {
      this.#writes.stats(tails.row, track);
      this.#writeTail(tails, track);
    }
    const keys = new Set([...tails.dirty].map(({ id }) => id.key));
    this.#writes.metrics(
      tails.row,
      [...tails.tracks.values()].filter(({ id }) => keys.has(id.key)),
    );
    tails.settled();
    tails.tailBlock = tails.lastBlock;
    tails.tailChunk = tails.lastChunk;
    this.#writtenAt.set(tails, performance.now());
  }

  #writeTail(tails: NumberedTails, track: OpenTrack): void {
    if (track.tail.length >= CHUNK_POINTS) this.#seal(tails, track);
    const points = track.tail.sorted();
    if (points.length === 0) return;
    this.#writes.tail(tails.row, track.row, points);
    track.openRow = track.row;
  }

  #seal(tails: NumberedTails, track: OpenTrack): void {
    const all = track.tail.sorted();
    for (let from = 0; from < all.length; from += CHUNK_POINTS) {
      const points = all.length <= CHUNK_POINTS ? all : all.slice(from, Math.min(from + CHUNK_POINTS, all.length));
      tails.lastChunk += 1;
      this.#writes.chunk(tails.row, tails.lastChunk, track.row, points);
    }
    if (track.openRow !== 0) this.#writes.dropTail(tails.row, track.row);
    track.openRow = 0;
    track.tail.clear();
  }
}

/** The tracks that the points name, each once. */
function distinct({ track, length }: PointColumns): Set<number> {
  const ids = new Set<number>();
  let previous = -1;
  for (let at = 0; at < length; at++) {
    const id = track[at] as number;
    if (id !== previous) ids.add(id);
    previous = id;
  }
  return ids;
}

/** The tails of a run that is not held yet. */
async function startTails(load: Loading, head: RunHead): Promise<NumberedTails> {
  return head.lastBlock === 0 && head.lastTrack === 0 ? new NumberedTails(head) : await load((client) => loadTails(client, head));
}
