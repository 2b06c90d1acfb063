// Every point of a series a page at a time: which chunks the next page takes, so that memory is bounded however long the series is.

import { PointList } from '../points/point-list.js';
import { compareText } from '../text.js';
import { supersededFrom } from './lines.js';
import type { ChunkMeta } from './segments.js';
import type { PointMark, PointPage } from './series.js';

/** Points after which a page ends. */
const PAGE = 131_072;

/** The next page of one incarnation. */
export interface PagePlan {
  /** chunks.id */
  readonly chunks: readonly number[];
  /** Seqs of the page: above `after`, up to `to`. */
  readonly after: number;
  readonly to: number;
}

/** The page behind `after`; undefined: no more. Chunks may overlap, where events came late. */
export function planPage(chunks: readonly Omit<ChunkMeta, 'cells'>[], tail: PointList, after: number): PagePlan | undefined {
  const ordered = tail.sorted();
  const spans = chunks.filter(({ last_seq }) => last_seq > after);
  const ends = spans.map(({ last_seq, count }) => ({ last: last_seq, count }));
  const tailEnd = ordered.length === 0 ? after : (ordered.seq[ordered.length - 1] as number);
  if (tailEnd > after) ends.push({ last: tailEnd, count: ordered.length });
  ends.sort((a, b) => a.last - b.last);
  let points = 0;
  const end = ends.find(({ count }) => {
    points += count;
    return points >= PAGE;
  });
  const to = (end ?? ends.at(-1))?.last;
  if (to === undefined) return undefined;
  return { chunks: spans.filter(({ first_seq }) => first_seq <= to).map(({ id }) => id), after, to };
}

/** The points of a plan, out of its chunks (in the order of their first seq) and the tail. */
export function pageOf({ incarnation, supersededFrom }: TrackPlace, plan: PagePlan, lists: Iterable<PointList>): PointPage {
  const found = new PointList();
  for (const points of lists) {
    for (let at = 0; at < points.length; at++) {
      const seq = points.seq[at] as number;
      if (seq > plan.after && seq <= plan.to) found.pushFrom(points, at);
    }
  }
  const { length, seq, step, epoch, ts, value } = found.sorted();
  const cut = (column: Float64Array): Float64Array => column.slice(0, length);
  return { incarnation, supersededFrom, seq: cut(seq), step: cut(step), epoch: cut(epoch), ts: cut(ts), value: cut(value) };
}

/** Where in an incarnation the next page may begin. */
export interface TrackPlace {
  readonly incarnation: string;
  readonly supersededFrom: number;
  /** Seq behind which it goes on. */
  readonly after: number;
}

/** The tracks (by ascending incarnation) in which the next page may lie. */
export function tracksAfter<Track extends { readonly incarnation: string; readonly stats: { readonly firstStep: number } }>(
  tracks: readonly Track[],
  mark: PointMark | undefined,
): (TrackPlace & { readonly track: Track })[] {
  const cuts = supersededFrom(tracks.map(({ stats }) => stats));
  const places = tracks.map((track, at) => ({
    track,
    incarnation: track.incarnation,
    supersededFrom: cuts[at] as number,
    after: track.incarnation === mark?.incarnation ? mark.seq : 0,
  }));
  return mark === undefined ? places : places.filter(({ incarnation }) => compareText(incarnation, mark.incarnation) >= 0);
}
