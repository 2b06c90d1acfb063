// Stretches of a track that can be read one after the other: chunks whose seqs overlap (late events) belong together.

import type { PointList } from '../points/point-list.js';
import { COUNT, FIELDS } from './summary.js';

/** Chunks in a row whose summaries are kept at several resolutions (pyramid.ts). */
export interface Group {
  /** The store's own name for it. */
  readonly id: number;
  /** tracks.id, and chunks.id of its members: the sealed chunks of the track in this range. */
  readonly track: number;
  readonly firstChunk: number;
  readonly lastChunk: number;
}

/** A group to be read by summaries of at most so many points each. */
export interface Finer {
  readonly group: Group;
  readonly points: number;
}

/**
 * The same points in segments whose summaries hold at most so many points each, as coarse as that allows; where there are no such
 * summaries, chunk by chunk. In the order asked.
 */
export type Refine = (wanted: readonly Finer[]) => Promise<readonly (readonly Segment[])[]>;

/** A sealed chunk without its points. Or many in a row, which overlap nothing else: those have a group, and their id is no chunk's. */
export interface ChunkMeta {
  readonly id: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly count: number;
  /** Summaries, packed (summary.ts); undefined where they were not read. */
  readonly cells: Float64Array | undefined;
  readonly group?: Group;
}

export interface Segment {
  /** chunks.id, to be decoded and merged by seq. */
  readonly chunks: readonly number[];
  /** The open tail, where it belongs to this segment. */
  readonly tail: PointList | undefined;
  /** Points; where chunks overlap and an event was committed twice, a bound. */
  readonly count: number;
  /** Summaries, where the segment is one chunk alone. */
  readonly cells: Float64Array | undefined;
  /** Only where it is not one chunk but many: then this stands in for their points. */
  readonly group?: Group;
}

interface Span {
  readonly first: number;
  readonly last: number;
  readonly meta: ChunkMeta | undefined;
}

/** By ascending first_seq, as segmentsOf() asks for them. */
export function inOrder(metas: ChunkMeta[]): ChunkMeta[] {
  return metas.sort((a, b) => a.first_seq - b.first_seq || a.id - b.id);
}

/** The groups with no seq of anything else between their first and their last. */
export function standingAlone<One extends ChunkMeta>(groups: readonly One[], loose: readonly ChunkMeta[], tail: PointList): Set<One> {
  const spans: { first: number; last: number; group: One | undefined }[] = [];
  for (const group of groups) spans.push({ first: group.first_seq, last: group.last_seq, group });
  for (const { first_seq, last_seq } of loose) spans.push({ first: first_seq, last: last_seq, group: undefined });
  const ordered = tail.sorted();
  if (ordered.length > 0) {
    spans.push({ first: ordered.seq[0] as number, last: ordered.seq[ordered.length - 1] as number, group: undefined });
  }
  spans.sort((a, b) => a.first - b.first);
  const alone = new Set<One>();
  let reached = 0;
  for (const [at, { first, last, group }] of spans.entries()) {
    const next = spans[at + 1]?.first ?? Number.POSITIVE_INFINITY;
    if (group !== undefined && first > reached && last < next) alone.add(group);
    reached = Math.max(reached, last);
  }
  return alone;
}

/** Segments by ascending seq, disjoint. `chunks`: by ascending first_seq. */
export function segmentsOf(chunks: readonly ChunkMeta[], tail: PointList): Segment[] {
  const spans: Span[] = chunks.map((meta) => ({ first: meta.first_seq, last: meta.last_seq, meta }));
  const ordered = tail.sorted();
  if (ordered.length > 0) {
    spans.push({ first: ordered.seq[0] as number, last: ordered.seq[ordered.length - 1] as number, meta: undefined });
    spans.sort((a, b) => a.first - b.first);
  }
  const segments: Segment[] = [];
  for (let at = 0; at < spans.length; ) {
    const members = [spans[at] as Span];
    let last = members[0]?.last as number;
    for (at += 1; at < spans.length && (spans[at] as Span).first <= last; at++) {
      members.push(spans[at] as Span);
      last = Math.max(last, (spans[at] as Span).last);
    }
    segments.push(segment(members, ordered));
  }
  return segments;
}

function segment(members: readonly Span[], tail: PointList): Segment {
  const metas = members.flatMap(({ meta }) => (meta === undefined ? [] : [meta]));
  const holdsTail = metas.length < members.length;
  const alone = members.length === 1 ? metas[0] : undefined;
  const count = metas.reduce((sum, meta) => sum + meta.count, holdsTail ? tail.length : 0);
  if (alone?.group !== undefined) return { chunks: [], tail: undefined, count, cells: alone.cells, group: alone.group };
  return { chunks: metas.map((meta) => meta.id), tail: holdsTail ? tail : undefined, count, cells: alone?.cells };
}

/** A group by these summaries. */
export function groupSegment(group: Group, cells: Float64Array): Segment {
  return { chunks: [], tail: undefined, count: pointsIn(cells), cells, group };
}

/** Points behind summaries. */
export function pointsIn(cells: Float64Array): number {
  let total = 0;
  for (let start = 0; start < cells.length; start += FIELDS) total += cells[start + COUNT] as number;
  return total;
}
