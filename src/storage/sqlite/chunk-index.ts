// The sealed chunks of a track as segments to read: in groups where that is enough, one by one where it is not.

import { toFloats } from '../floats.js';
import { PointList } from '../point-list.js';
import { levelFor } from '../pyramid.js';
import { type ChunkMeta, type Segment, segmentsOf } from '../segments.js';
import type { Connection, Statement } from './driver.js';
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
    const groups = this.#groups.all(track) as GroupRow[];
    const grouped = groups.reduce((most, { last_chunk }) => Math.max(most, last_chunk), 0);
    const loose = this.#metas(track, grouped + 1, Number.MAX_SAFE_INTEGER);
    const alone = standingAlone(groups, loose, tail.sorted());
    const metas = groups.flatMap((group) =>
      alone.has(group) && group.cells.length > 0 ? [this.#groupMeta(group)] : this.#metas(track, group.first_chunk, group.last_chunk),
    );
    return segmentsOf(inOrder([...metas, ...loose]), tail);
  }

  #groupMeta(group: GroupRow): ChunkMeta {
    const { id, track, first_chunk, last_chunk, count, cells } = group;
    const finer = (points: number): Segment[] => {
      const level = levelFor(points);
      if (level < 0) return segmentsOf(this.#metas(track, first_chunk, last_chunk), new PointList(0));
      const row = this.#cells.get(id * LEVELS_PER_GROUP + level) as { readonly cells: Uint8Array };
      return [{ chunks: [], tail: undefined, count, cells: toFloats(row.cells), finer }];
    };
    return { ...group, cells: toFloats(cells), finer };
  }

  #metas(track: number, first: number, last: number): ChunkMeta[] {
    const rows = this.#chunks.all(track, first, last) as ChunkRow[];
    return rows.map((row) => ({ ...row, cells: toFloats(row.cells) }));
  }
}

function inOrder(metas: ChunkMeta[]): ChunkMeta[] {
  return metas.sort((a, b) => a.first_seq - b.first_seq || a.id - b.id);
}

interface Span {
  readonly first: number;
  readonly last: number;
  readonly group: GroupRow | undefined;
}

/** The groups with no seq of anything else between their first and their last. */
function standingAlone(groups: readonly GroupRow[], loose: readonly ChunkMeta[], tail: PointList): Set<GroupRow> {
  const spans: Span[] = groups.map((group) => ({ first: group.first_seq, last: group.last_seq, group }));
  for (const { first_seq, last_seq } of loose) spans.push({ first: first_seq, last: last_seq, group: undefined });
  if (tail.length > 0) spans.push({ first: tail.seq[0] as number, last: tail.seq[tail.length - 1] as number, group: undefined });
  spans.sort((a, b) => a.first - b.first);
  const alone = new Set<GroupRow>();
  let reached = 0;
  for (const [at, { first, last, group }] of spans.entries()) {
    const next = spans[at + 1]?.first ?? Number.POSITIVE_INFINITY;
    if (group !== undefined && first > reached && last < next) alone.add(group);
    reached = Math.max(reached, last);
  }
  return alone;
}
