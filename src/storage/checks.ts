// Guards at the door of every store: wrong arguments and a closed store fail the same way in all of them.

import { XTrackError } from '../protocol/errors.js';
import type { Batch } from './store.js';

/** Throws XT_ARGUMENT unless the value, where given, is an integer of at least `least`. */
function checkInteger(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new XTrackError('XT_ARGUMENT', { detail: `${name} must be an integer of at least ${least}, not ${value}`, field: name });
}

/** Throws XT_ARGUMENT where limit, offset or maxPoints is not a sensible number. */
export function checkPage(query: { readonly limit?: number; readonly offset?: number; readonly maxPoints?: number }): void {
  checkInteger('limit', query.limit, 0);
  checkInteger('offset', query.offset, 0);
  checkInteger('maxPoints', query.maxPoints, 1);
}

/** Throws XT_STORE_WRITE where a point names a track that no batch has defined, or a column is too short. */
export function checkPoints(points: Batch['points'], isKnown: (track: number) => boolean): void {
  const { length, track } = points;
  const shortest = Math.min(
    track.length,
    points.seq.length,
    points.step.length,
    points.epoch.length,
    points.ts.length,
    points.value.length,
  );
  if (length > shortest) throw new XTrackError('XT_STORE_WRITE', { detail: `${length} points in columns of ${shortest}` });
  let previous = -1;
  for (let at = 0; at < length; at++) {
    const id = track[at] as number;
    if (id === previous) continue;
    if (!isKnown(id)) throw new XTrackError('XT_STORE_WRITE', { detail: `point ${at} names the unknown track ${id}` });
    previous = id;
  }
}
