// The sealed chunks of tracks as segments to read: in groups where that is enough, one by one where it is not.

import type { ClientBase } from 'pg';
import { toFloats } from '../../points/chunk-column.js';
import { PointList } from '../../points/point-list.js';
import { levelFor } from '../../series/pyramid.js';
import {
  type ChunkMeta,
  type Finer,
  type Group,
  groupSegment,
  inOrder,
  type Segment,
  segmentsOf,
  standingAlone,
} from '../../series/segments.js';
import { copyRows } from '../driver.js';
import type { RunMoment } from '../reads/tails-view.js';
import { toDoubles } from './arrays.js';
import { float8, int4, int8 } from './copy-out.js';

/** Chunks of one track, by their numbers. */
type ChunkRange = Omit<Group, 'id'>;

interface GroupMeta extends ChunkMeta {
  readonly group: Group;
  readonly cells: Float64Array;
}

/** By tracks.number. */
type Metas<One extends ChunkMeta> = Map<number, One[]>;

export class ChunkIndex {
  readonly #client: ClientBase;
  readonly #run: number;

  /** `run`: runs.id. All of it is read from one snapshot. */
  constructor(client: ClientBase, run: number) {
    this.#client = client;
    this.#run = run;
  }

  /** Of each track by ascending seq, disjoint, the tail among them. `summarised`: false where every point is wanted in any case. */
  async segmentsOf(tracks: RunMoment['tracks'], summarised: boolean): Promise<Map<number, Segment[]>> {
    const groups = summarised ? await this.#groups(tracks.map(({ track }) => track.row)) : new Map<number, GroupMeta[]>();
    const loose = await this.#chunks(
      tracks.map(({ track }) => behind(track.row, groups.get(track.row))),
      summarised,
    );
    const whole: Metas<ChunkMeta> = new Map();
    const apart: ChunkRange[] = [];
    for (const { track, tail } of tracks) {
      const all = groups.get(track.row) ?? [];
      const alone = standingAlone(all, loose.get(track.row) ?? [], tail ?? new PointList(0));
      const isWhole = (meta: GroupMeta): boolean => alone.has(meta) && meta.cells.length > 0;
      whole.set(track.row, all.filter(isWhole));
      apart.push(...all.filter((meta) => !isWhole(meta)).map(({ group }) => group));
    }
    const members = await this.#chunks(apart, summarised);
    return new Map(
      tracks.map(({ track: { row }, tail }) => {
        const metas = [whole, members, loose].flatMap((part) => part.get(row) ?? []);
        return [row, segmentsOf(inOrder(metas), tail ?? new PointList(0))];
      }),
    );
  }

  async refine(wanted: readonly Finer[]): Promise<Segment[][]> {
    const levels = await this.#levels(wanted.filter(({ points }) => levelFor(points) >= 0));
    const members = await this.#chunks(
      wanted.filter(({ points }) => levelFor(points) < 0).map(({ group }) => group),
      true,
    );
    return wanted.map(({ group, points }) => {
      if (levelFor(points) >= 0) return [groupSegment(group, levels.get(group.id) ?? new Float64Array(0))];
      const metas = (members.get(group.track) ?? []).filter(({ id }) => id >= group.firstChunk && id <= group.lastChunk);
      return segmentsOf(inOrder(metas), new PointList(0));
    });
  }

  async #groups(tracks: readonly number[]): Promise<Metas<GroupMeta>> {
    const groups: Metas<GroupMeta> = new Map();
    if (tracks.length === 0) return groups;
    const sql = `SELECT first_chunk, track, last_chunk, first_seq, last_seq, count, whole FROM chunk_groups
      WHERE run = ${this.#run} AND track IN (${tracks.join(', ')})`;
    await copyRows(this.#client, sql, (fields) => {
      const [id, track, lastChunk] = [int8(fields[0]), int4(fields[1]), int8(fields[2])];
      add(groups, track, {
        id,
        first_seq: float8(fields[3]),
        last_seq: float8(fields[4]),
        count: int4(fields[5]),
        cells: toFloats(fields[6] as Buffer),
        group: { id, track, firstChunk: id, lastChunk },
      });
    });
    return groups;
  }

  /** The chunks in these ranges, by track. */
  async #chunks(ranges: readonly ChunkRange[], summarised: boolean): Promise<Metas<ChunkMeta>> {
    const metas: Metas<ChunkMeta> = new Map();
    if (ranges.length === 0) return metas;
    const values = ranges.map(({ track, firstChunk, lastChunk }) => `(${track}, ${firstChunk}, ${lastChunk})`).join(', ');
    // OFFSET 0: a look into the index for each range, whatever the planner thinks of the table.
    const sql = `SELECT c.* FROM (VALUES ${values}) AS r (track, first, last) CROSS JOIN LATERAL (
      SELECT number, track, first_seq, last_seq, count${summarised ? ', cells' : ''} FROM chunks
      WHERE run = ${this.#run} AND track = r.track AND number BETWEEN r.first AND r.last OFFSET 0) AS c`;
    await copyRows(this.#client, sql, (fields) =>
      add(metas, int4(fields[1]), {
        id: int8(fields[0]),
        first_seq: float8(fields[2]),
        last_seq: float8(fields[3]),
        count: int4(fields[4]),
        cells: summarised ? toDoubles(fields[5] as Buffer) : undefined,
      }),
    );
    return metas;
  }

  /** Summaries by group, each at the level asked for. */
  async #levels(wanted: readonly Finer[]): Promise<Map<number, Float64Array>> {
    const parts = [...new Set(wanted.map(({ points }) => levelFor(points)))].map((level) => {
      const groups = wanted.filter(({ points }) => levelFor(points) === level).map(({ group }) => group.id);
      return `SELECT first_chunk, level_${level} FROM chunk_groups WHERE run = ${this.#run} AND first_chunk IN (${groups.join(', ')})`;
    });
    const levels = new Map<number, Float64Array>();
    if (parts.length === 0) return levels;
    await copyRows(this.#client, parts.join(' UNION ALL '), (fields) => levels.set(int8(fields[0]), toFloats(fields[1] as Buffer)));
    return levels;
  }
}

/** Everything behind the last of a track's groups. */
function behind(track: number, groups: readonly GroupMeta[] = []): ChunkRange {
  const grouped = groups.reduce((most, { group }) => Math.max(most, group.lastChunk), 0);
  return { track, firstChunk: grouped + 1, lastChunk: Number.MAX_SAFE_INTEGER };
}

function add<One extends ChunkMeta>(metas: Metas<One>, track: number, meta: One): void {
  const known = metas.get(track);
  if (known === undefined) metas.set(track, [meta]);
  else known.push(meta);
}
