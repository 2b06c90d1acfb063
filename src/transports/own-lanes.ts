// The lanes that one session speaks for. Acknowledgements of a lane go to the connection that spoke for it last.

import type { Lane, LaneOwner } from '../runtime/lane.js';

export class OwnLanes {
  private readonly lanes = new Set<Lane>();
  readonly owner: LaneOwner;
  readonly live: boolean;

  /** A recorded file, or a body that was posted, is not `live`: it speaks, and nobody answers it. */
  constructor(owner: LaneOwner, live: boolean) {
    this.owner = owner;
    this.live = live;
  }

  /** From now on the session speaks for the lane. */
  take(lane: Lane): void {
    this.lanes.add(lane);
    if (!this.live) return;
    if (lane.owner !== this.owner) lane.owner?.fence();
    lane.owner = this.owner;
  }

  /** The lane of this identity, where the session speaks for it and no other connection has taken it over. */
  find(runId: string, worker: string, incarnation: string): Lane | undefined {
    for (const lane of this.lanes) {
      const named = lane.implied ? '' : lane.incarnation;
      if (named !== incarnation || lane.worker !== worker || lane.runId !== runId) continue;
      if (lane.owner === undefined || lane.owner === this.owner) return lane;
    }
    return undefined;
  }

  /** It speaks for this one no more. */
  drop(lane: Lane): void {
    this.lanes.delete(lane);
    if (lane.owner === this.owner) lane.owner = undefined;
  }

  /** It speaks for no lane of this run any more. */
  dropRun(runId: string): void {
    for (const lane of this.lanes) if (lane.runId === runId) this.drop(lane);
  }

  release(): void {
    for (const lane of this.lanes) if (lane.owner === this.owner) lane.owner = undefined;
    this.lanes.clear();
  }
}
