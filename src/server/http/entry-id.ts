// Ids of artifacts and checkpoints: made by the server, so that nothing a worker named is ever looked up by its name.

import { createHash } from 'node:crypto';
import type { EventBase } from '../../protocol/events.js';

/** `place`: in the order recorded, from 0. The rest tells whether what lies there is still the same. */
export function entryId(place: number, { runId, worker, incarnation, seq }: EventBase): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([runId, worker, incarnation, seq]))
    .digest('hex');
  return `${place}-${digest.slice(0, 16)}`;
}

/** The place that an id names; undefined: it is none. */
export function placeIn(id: string): number | undefined {
  const [, place] = /^(0|[1-9][0-9]{0,8})-[0-9a-f]{16}$/.exec(id) ?? [];
  return place === undefined ? undefined : Number(place);
}
