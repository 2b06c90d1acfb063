// Ranges of events that did not come: asked for again while somebody is there to send them, and at last recorded as lost.

import type { Collector } from './collector.js';
import type { Lane } from './lane.js';

/** After so long (ms) a range is given up; late events still fill it. */
const GIVE_UP_MS = 30_000;

/** Asks for the first range that is missing in the lane. `now`: ms of the monotonic clock. */
export function chase(collector: Collector, lane: Lane, now: number): void {
  const hole = lane.sequence.firstHole;
  if (hole === undefined || lane.owner === undefined || lane.buried) return;
  if (lane.asked?.from !== hole.from) {
    lane.asked = { from: hole.from, since: now };
    const detail = `events ${hole.from} to ${hole.to} of worker '${lane.worker}' are missing`;
    collector.warn({ code: 'XT_SEQ_GAP', detail, field: null, worker: lane.worker, seq: hole.from });
  }
  // A tail of which only the emitter has spoken is not given up: it may not have been sent yet.
  if (now - lane.asked.since > GIVE_UP_MS && hole.to < lane.sequence.last) {
    lane.sequence.declare({ ...hole, reason: 'undeclared', counts: null });
    collector.refreshMark(lane);
    return;
  }
  lane.owner.acknowledge(lane, lane.durable, hole);
}
