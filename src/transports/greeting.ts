// What a hello leads to: whether it is let in, and what changes on the run that it joins.

import { createHash, timingSafeEqual } from 'node:crypto';
import { type Hello, XTrackError } from '../protocol/index.js';
import type { Collector } from '../runtime/collector.js';
import type { Lane, LaneOwner } from '../runtime/lane.js';
import { CONTROL_WORKER, isTerminal } from '../runtime/run-state.js';
import type { Admission } from './transport.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Why a peer is not let in, if it is not. Tokens are compared in constant time. */
export function refuseHello(hello: Hello, admission: Admission): XTrackError | undefined {
  if (admission.token !== undefined && !timingSafeEqual(digest(hello.token ?? ''), digest(admission.token))) {
    return new XTrackError('XT_TOKEN');
  }
  const posing = hello.worker === CONTROL_WORKER && admission.allowControl !== true;
  return posing ? new XTrackError('XT_WORKER_RESERVED', { field: 'm.wid' }) : undefined;
}

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
