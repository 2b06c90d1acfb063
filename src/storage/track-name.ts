// Names one track (an incarnation's share of a series) within its run.

import type { SeriesId } from './series/series.js';

/** Everything but the run. */
export type TrackName = Pick<SeriesId, 'worker' | 'key' | 'phase' | 'aggregation'> & { readonly incarnation: string };

/** A key for Maps; lengths keep different names apart, whatever characters they hold. */
export function trackKey(name: TrackName): string {
  const { worker, incarnation } = name;
  return `${name.phase}|${name.aggregation}|${worker.length}|${worker}${incarnation.length}|${incarnation}${name.key}`;
}
