// What a hello changes on the run that it joins.

import type { Collector } from '../runtime/collector.js';
import type { Lane, LaneOwner } from '../runtime/lane.js';
import { isTerminal } from '../runtime/run-state.js';

/** A newer incarnation of a worker ends the connections of its older ones. */
export function fenceOlder(collector: Collector, lane: Lane, owner: LaneOwner): void {
  for (const other of collector.allLanes()) {
    if (other.worker === lane.worker && other.incarnation < lane.incarnation && other.owner !== owner) other.owner?.fence();
  }
}

/** Its worker is back: an interrupted run goes on. */
export function endInterruption(collector: Collector, worker: string): void {
  if (collector.state.status !== 'interrupted') return;
  const status = collector.state.workers.get(worker)?.status ?? 'running';
  if (isTerminal(status)) return;
  collector.change((state) => {
    state.status = status === 'interrupted' ? 'running' : status;
  });
}
