// The lanes that one session speaks for. Acknowledgements of a lane go to the connection that spoke for it last.

import { isFinal } from '../../protocol/events.js';
import type { Hello } from '../../protocol/index.js';
import type { Collector } from '../../runtime/collector.js';
import { Lane, type LaneOwner } from '../../runtime/lane.js';

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

// What a hello changes on the run that it joins.

/** A newer incarnation of a worker ends the connections of its older ones. */
function fenceOlder(collector: Collector, lane: Lane, owner: LaneOwner): void {
  for (const other of collector.lanes.all()) {
    if (other.worker === lane.worker && other.incarnation < lane.incarnation && other.owner !== owner) other.owner?.fence();
  }
}

/** The lane of a peer that joins the run, which was in `before`: its older incarnations go, and the run goes on where it was interrupted. */
export function enter(collector: Collector, { worker, incarnation }: Hello, owned: OwnLanes, before: Lane | undefined): Lane {
  const lane = collector.lane(worker, incarnation);
  if (owned.live) fenceOlder(collector, lane, owned.owner);
  owned.take(lane);
  // Whoever says hello again and again under new names leaves nothing behind.
  if (before !== undefined && before !== lane && before.sequence.last === 0) {
    owned.drop(before);
    collector.lanes.forget(before);
  }
  if (owned.live) endInterruption(collector, worker);
  return lane;
}

/** The lane of a peer that has not begun its run yet: it is no part of the run. */
export function unclaimed({ runId }: Collector, { worker, incarnation }: Hello): Lane {
  return new Lane({ runId, worker, incarnation, implied: false });
}

/** Its worker is back: an interrupted run goes on. */
function endInterruption(collector: Collector, worker: string): void {
  if (collector.state.status !== 'interrupted') return;
  const status = collector.state.workers.get(worker)?.status ?? 'running';
  if (isFinal(status)) return;
  collector.change((state) => {
    state.status = status === 'interrupted' ? 'running' : status;
  });
}
