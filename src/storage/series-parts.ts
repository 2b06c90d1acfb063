// Which tracks make a series, whatever the tables are called.

import type { OpenTrack } from './points/run-tails.js';
import type { SeriesId, SeriesQuery } from './series/series.js';
import { compareSeries } from './series/track-stats.js';
import { compareText } from './text.js';

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
