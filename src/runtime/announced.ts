// What subscribers are told of as soon as it changes; the rest of a run's row they hear as events.

import type { RunRecord } from '../storage/store.js';

export type Announced = Pick<RunRecord, 'status' | 'name' | 'experimentId' | 'tags'>;

export function announcedOf({ status, name, experimentId, tags }: Announced): Announced {
  return { status, name, experimentId, tags };
}

/** Tags are never changed in place, so that the same object is the same tags. */
export function isAnnounced(now: Announced, before: Announced): boolean {
  return now.status === before.status && now.name === before.name && now.experimentId === before.experimentId && now.tags === before.tags;
}
