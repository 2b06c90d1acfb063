// Stretches of a track that can be read one after the other: chunks whose seqs overlap (late events) belong together.

import type { PointList } from './point-list.js';

/**
 * The same points in segments whose summaries hold at most `points` points each, as coarse as that allows; where there are no such
 * summaries, chunk by chunk.
 */
export type Refine = (points: number) => readonly Segment[];

/** A sealed chunk without its points. Or many in a row, which overlap nothing else: those have `finer`, and their id is no chunk's. */
export interface ChunkMeta {
  readonly id: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly count: number;
  /** Summaries, packed (summary.ts); undefined where they were not read. */
  readonly cells: Float64Array | undefined;
  readonly finer?: Refine;
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
  readonly finer?: Refine;
}

interface Span {
  readonly first: number;
  readonly last: number;
  readonly meta: ChunkMeta | undefined;
}

/** Segments by ascending seq, disjoint. */
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
  if (alone?.finer !== undefined) return { chunks: [], tail: undefined, count, cells: alone.cells, finer: alone.finer };
  return { chunks: metas.map((meta) => meta.id), tail: holdsTail ? tail : undefined, count, cells: alone?.cells };
}
