// Puts sealed chunks into groups, on a connection of its own beside the commits: a group follows from chunks that are durable and never
// change, so it may come at any later time, from any process, and nothing is wrong while it is missing.

import type { ClientBase, Pool } from 'pg';
import { toBlob } from '../../points/chunk-column.js';
import { type ChunkGroup, GROUP_CHUNKS, groupOf, type Member } from '../../series/pyramid.js';
import { copyRows, inSnapshot, openReaders, type ServerAddress } from '../driver.js';
import { type Command, send } from '../statements.js';
import { byteaArray, float8Array, int4Array, int8Array, toDoubles } from './arrays.js';
import { float8, int4, int8 } from './copy-out.js';

/** Groups made in one transaction: 300 KB of summaries are read for them. */
const SLICE = 4;
/** Steps that close() waits for, a few ms each. */
const LAST_STEPS = 64;
const LEAVE = 'INSERT INTO ungrouped SELECT DISTINCT unnest($1::bigint[]) ON CONFLICT DO NOTHING';

/** Chunks in no group yet. */
interface Loose {
  /** Chunks of the run, when they were counted. They are numbered without gaps: where one is not the next, another process wrote. */
  upTo: number;
  /** By tracks.number. */
  readonly counts: Map<number, number>;
}

export class GroupWriter {
  readonly #address: ServerAddress;
  readonly #loose = new Map<number, Loose>();
  /** Runs of which it is not known how many of their chunks are in no group. */
  readonly #uncounted = new Set<number>();
  /** Tracks with enough chunks for a group, by run. */
  readonly #due = new Map<number, Set<number>>();
  /** Runs to be forgotten once nothing is due. */
  readonly #ended = new Set<number>();
  /** The run of `ungrouped` that is being worked off; 0: not begun, undefined: none is left. */
  #older: number | undefined = 0;
  #pool: Pool | undefined;
  #working: Promise<void> | undefined;
  #closing = false;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  /** A chunk of the track is durable. */
  sealed(run: number, track: number, number: number): void {
    this.#ended.delete(run);
    if (number === 1) this.#loose.set(run, { upTo: 0, counts: new Map() });
    const loose = this.#loose.get(run);
    if (loose !== undefined && number <= loose.upTo) return;
    if (loose?.upTo === number - 1) {
      loose.upTo = number;
      this.#setCount(run, loose, track, (loose.counts.get(track) ?? 0) + 1);
    } else this.#uncounted.add(run);
  }

  /** The run has ended with so many chunks: what a process that was killed left out is made, and the run is forgotten. */
  ended(run: number, chunks: number): void {
    if (chunks >= GROUP_CHUNKS && !this.#loose.has(run)) this.#uncounted.add(run);
    this.#ended.add(run);
  }

  /** A commit failed: what is counted may not hold any more. */
  forget(): void {
    for (const run of this.#loose.keys()) this.#uncounted.add(run);
    this.#loose.clear();
    this.#due.clear();
  }

  /** Makes what is due, in the background. What fails is tried again with the next call. */
  work(): void {
    if (!this.#closing) this.#working ??= this.#run();
  }

  /** Makes what is due, where that is little, and closes. The rest is left to the next that writes to the database. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#working;
    try {
      // It stays in the list.
      if (this.#older !== undefined) this.#drop(this.#older);
      for (let steps = 0; steps < LAST_STEPS; steps++) if (await this.#step()) break;
      const left = [...this.#uncounted, ...this.#due.keys()];
      if (left.length > 0) await (await this.#connections()).query(LEAVE, [left]);
    } catch {
      // They are made when a process seals a chunk of the run, or ends it.
    }
    await this.#pool?.end().catch(() => undefined);
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closing && !((await this.#step()) && (await this.#takeOlder())));
    } catch {
      this.forget();
    } finally {
      this.#working = undefined;
    }
  }

  /** Counts the chunks of one run, or makes groups of one track; true when there was nothing to do. */
  async #step(): Promise<boolean> {
    for (const run of this.#uncounted) {
      await this.#count(run);
      return false;
    }
    for (const [run, tracks] of this.#due) {
      for (const track of tracks) {
        await this.#group(run, track);
        return false;
      }
    }
    for (const run of this.#ended) this.#drop(run);
    return true;
  }

  /** Goes on to the next run of the list; true when there is none. */
  async #takeOlder(): Promise<boolean> {
    if (this.#older === undefined) return true;
    const pool = await this.#connections();
    // All its groups are made.
    if (this.#older > 0) await pool.query('DELETE FROM ungrouped WHERE run = $1', [this.#older]);
    const { rows } = await pool.query<{ run: number }>('SELECT run FROM ungrouped ORDER BY run LIMIT 1');
    this.#older = rows[0]?.run;
    if (this.#older === undefined) return true;
    this.ended(this.#older, Number.POSITIVE_INFINITY);
    return false;
  }

  async #count(run: number): Promise<void> {
    // Before anything is read: a chunk that is sealed meanwhile has the run counted again.
    this.#uncounted.delete(run);
    try {
      const counts = await inSnapshot(await this.#connections(), (client) => countLoose(client, run));
      this.#drop(run);
      this.#loose.set(run, counts.loose);
      for (const [track, count] of counts.byTrack) this.#setCount(run, counts.loose, track, count);
    } catch (error) {
      this.#uncounted.add(run);
      throw error;
    }
  }

  async #group(run: number, track: number): Promise<void> {
    const pool = await this.#connections();
    const members = await inSnapshot(pool, (client) => readLoose(client, run, track));
    const groups: ChunkGroup[] = [];
    for (let from = 0; from + GROUP_CHUNKS <= members.length; from += GROUP_CHUNKS) {
      groups.push(groupOf(members.slice(from, from + GROUP_CHUNKS)));
    }
    if (groups.length > 0) await store(pool, run, track, groups);
    const loose = this.#loose.get(run);
    if (loose === undefined) return;
    const counted = loose.counts.get(track) ?? 0;
    this.#setCount(run, loose, track, counted - groups.length * GROUP_CHUNKS);
    if (groups.length > 0) return;
    // Another process was faster.
    this.#drop(run);
    this.#uncounted.add(run);
  }

  #setCount(run: number, loose: Loose, track: number, count: number): void {
    loose.counts.set(track, count);
    const due = this.#due.get(run) ?? new Set<number>();
    if (count >= GROUP_CHUNKS) this.#due.set(run, due.add(track));
    else if (due.delete(track) && due.size === 0) this.#due.delete(run);
  }

  #drop(run: number): void {
    this.#loose.delete(run);
    this.#due.delete(run);
    this.#uncounted.delete(run);
    this.#ended.delete(run);
  }

  async #connections(): Promise<Pool> {
    this.#pool ??= await openReaders(this.#address, 1);
    return this.#pool;
  }
}

/** How many chunks of each track are in no group. */
async function countLoose(client: ClientBase, run: number): Promise<{ loose: Loose; byTrack: Map<number, number> }> {
  const byTrack = new Map<number, number>();
  let upTo = 0;
  const sql = `SELECT c.track, c.count, coalesce(g.count, 0)
    FROM (SELECT track, count(*) FROM chunks WHERE run = ${run} GROUP BY track) AS c
    LEFT JOIN (SELECT track, count(*) FROM chunk_groups WHERE run = ${run} GROUP BY track) AS g USING (track)`;
  await copyRows(client, sql, (fields) => {
    const [track, chunks, groups] = [int4(fields[0]), int8(fields[1]), int8(fields[2])];
    upTo += chunks;
    byTrack.set(track, chunks - groups * GROUP_CHUNKS);
  });
  return { loose: { upTo, counts: new Map() }, byTrack };
}

/** The next chunks of the track that are in no group, in the order of their numbers. */
async function readLoose(client: ClientBase, run: number, track: number): Promise<Member[]> {
  const members: Member[] = [];
  const last = `SELECT max(last_chunk) FROM chunk_groups WHERE run = ${run} AND track = ${track}`;
  const sql = `SELECT number, first_seq, last_seq, count, cells FROM chunks
    WHERE run = ${run} AND track = ${track} AND number > coalesce((${last}), 0) ORDER BY number LIMIT ${SLICE * GROUP_CHUNKS}`;
  await copyRows(client, sql, (fields) =>
    members.push({
      id: int8(fields[0]),
      first_seq: float8(fields[1]),
      last_seq: float8(fields[2]),
      count: int4(fields[3]),
      cells: toDoubles(fields[4] as Buffer),
    }),
  );
  return members;
}

async function store(pool: Pool, run: number, track: number, groups: readonly ChunkGroup[]): Promise<void> {
  const client = await pool.connect();
  try {
    // Lost in a crash of the server, they are made again: nobody waits for the disk.
    await client.query('BEGIN; SET LOCAL synchronous_commit = off');
    await send(client, [insertion(run, track, groups)]);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function insertion(run: number, track: number, groups: readonly ChunkGroup[]): Command {
  const blobs = (pick: (group: ChunkGroup) => Float64Array | undefined): Buffer =>
    byteaArray(groups.map((group) => toBlob(pick(group) ?? new Float64Array(0))));
  return {
    name: 'insertGroups',
    values: [
      run,
      track,
      int8Array(groups.map(({ firstChunk }) => firstChunk)),
      int8Array(groups.map(({ lastChunk }) => lastChunk)),
      float8Array(groups.map(({ firstSeq }) => firstSeq)),
      float8Array(groups.map(({ lastSeq }) => lastSeq)),
      int4Array(groups.map(({ count }) => count)),
      blobs(({ levels }) => levels?.whole),
      ...[0, 1, 2, 3].map((level) => blobs(({ levels }) => levels?.levels[level])),
    ],
  };
}
