// The sealed chunks of a track as segments to read: in groups where that is enough, one by one where it is not.

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
import type { Connection, Statement } from '../driver.js';
import { LEVELS_PER_GROUP } from './group-writer.js';

interface ChunkRow {
  readonly id: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly count: number;
  readonly cells: Uint8Array;
}

interface GroupRow extends ChunkRow {
  readonly track: number;
  readonly first_chunk: number;
  readonly last_chunk: number;
}

interface GroupMeta extends ChunkMeta {
  readonly group: Group;
  readonly cells: Float64Array;
}

export class ChunkIndex {
  readonly #groups: Statement;
  readonly #chunks: Statement;
  readonly #cells: Statement;

  constructor(connection: Connection) {
    this.#groups = connection.prepare('SELECT * FROM chunk_groups WHERE track = ? ORDER BY first_seq, id');
    this.#chunks = connection.prepare(
      'SELECT id, first_seq, last_seq, count, cells FROM chunks WHERE track = ? AND open = 0 AND id BETWEEN ? AND ? ORDER BY first_seq, id',
    );
    this.#cells = connection.prepare('SELECT cells FROM group_cells WHERE id = ?');
  }

  /** By ascending seq, disjoint, the tail among them. */
  segmentsOf(track: number, tail: PointList): Segment[] {
    const groups = (this.#groups.all(track) as GroupRow[]).map(toGroup);
    const grouped = groups.reduce((most, { group }) => Math.max(most, group.lastChunk), 0);
    const loose = this.#metas({ track, firstChunk: grouped + 1, lastChunk: Number.MAX_SAFE_INTEGER });
    const alone = standingAlone(groups, loose, tail);
    const metas = groups.flatMap((meta) => (alone.has(meta) && meta.cells.length > 0 ? [meta] : this.#metas(meta.group)));
    return segmentsOf(inOrder([...metas, ...loose]), tail);
  }

  refine({ group, points }: Finer): Segment[] {
    const level = levelFor(points);
    if (level < 0) return segmentsOf(this.#metas(group), new PointList(0));
    const { cells } = this.#cells.get(group.id * LEVELS_PER_GROUP + level) as { readonly cells: Uint8Array };
    return [groupSegment(group, toFloats(cells))];
  }

  #metas({ track, firstChunk, lastChunk }: Omit<Group, 'id'>): ChunkMeta[] {
    const rows = this.#chunks.all(track, firstChunk, lastChunk) as ChunkRow[];
    return rows.map((row) => ({ ...row, cells: toFloats(row.cells) }));
  }
}

function toGroup({ id, track, first_chunk, last_chunk, cells, ...rest }: GroupRow): GroupMeta {
  return { id, ...rest, cells: toFloats(cells), group: { id, track, firstChunk: first_chunk, lastChunk: last_chunk } };
}
