// Which tracks make a series, and what an answer consists of: each series as the points that count, and what restarts left behind, as
// lines of their own.

import type { OpenTrack } from '../points/run-tails.js';
import { compareText } from '../text.js';
import type { Segment } from './segments.js';
import { type Selection, selectionOf } from './selection.js';
import type { SeriesId, SeriesQuery, SeriesShare } from './series.js';
import { compareSeries } from './track-stats.js';

/** One incarnation's part of a series. */
export interface TrackParts {
  readonly incarnation: string;
  /** Of its first point; NaN where that has none. */
  readonly firstStep: number;
  /** By ascending seq. */
  readonly segments: readonly Segment[];
}

export interface SeriesParts {
  readonly id: SeriesId;
  /** By ascending incarnation. */
  readonly tracks: readonly TrackParts[];
}

/** Segments and what of them is wanted, in the order of the series. */
export interface Line extends SeriesShare {
  readonly id: SeriesId;
  readonly stretches: readonly Stretch[];
}

export interface Stretch {
  readonly segment: Segment;
  readonly selection: Selection;
}

/** The lines of a series that the query asks for. */
export function linesOf({ id, tracks }: SeriesParts, query: SeriesQuery): Line[] {
  const cuts = supersededFrom(tracks);
  const stretches = (track: TrackParts, at: number, superseded: boolean): Stretch[] => {
    const selection = selectionOf(query, cuts[at] as number, superseded);
    return track.segments.map((segment) => ({ segment, selection }));
  };
  const wanted = query.superseded ?? 'hide';
  const lines: Line[] = [];
  if (wanted !== 'only')
    lines.push({ id, superseded: false, incarnation: null, stretches: tracks.flatMap((track, at) => stretches(track, at, false)) });
  if (wanted === 'hide') return lines;
  for (const [at, track] of tracks.entries()) {
    if (cuts[at] === Number.POSITIVE_INFINITY) continue;
    lines.push({ id, superseded: true, incarnation: track.incarnation, stretches: stretches(track, at, true) });
  }
  return lines;
}

/**
 * The step from which on each incarnation was superseded: the lowest one at which a later incarnation began. One that began without
 * a step supersedes nothing.
 */
export function supersededFrom(tracks: readonly Pick<TrackParts, 'firstStep'>[]): number[] {
  let lowest = Number.POSITIVE_INFINITY;
  return tracks
    .toReversed()
    .map(({ firstStep }) => {
      const cut = lowest;
      if (firstStep < lowest) lowest = firstStep;
      return cut;
    })
    .reverse();
}

/** True where the query asks for this series. */
export function isWanted(id: SeriesId, query: SeriesQuery): boolean {
  return id.key === query.key && id.worker === (query.worker ?? id.worker) && id.phase === (query.phase ?? id.phase);
}

/** True where both name the same series. */
export function isSeries(id: SeriesId, series: SeriesId): boolean {
  return compareSeries(id, series) === 0 && id.runId === series.runId;
}

/** Tracks by series, each by ascending incarnation. */
export function groupTracks(tracks: readonly OpenTrack[]): { readonly id: SeriesId; readonly tracks: OpenTrack[] }[] {
  const groups = new Map<string, { readonly id: SeriesId; readonly tracks: OpenTrack[] }>();
  for (const track of tracks) {
    const { id } = track;
    const name = JSON.stringify([id.key, id.phase, id.worker, id.aggregation]);
    const found = groups.get(name) ?? { id, tracks: [] };
    found.tracks.push(track);
    groups.set(name, found);
  }
  for (const { tracks: members } of groups.values()) members.sort((a, b) => compareText(a.incarnation, b.incarnation));
  return [...groups.values()];
}
