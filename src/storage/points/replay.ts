// Points out of the exact bytes of a block, for the tails that no chunk row holds yet.

import type { Metric, MetricBatch } from '../../protocol/events.js';
import { eventsOf } from './block.js';
import { unpackBlock } from './block-codec.js';
import type { TrackName } from './run-tails.js';

export interface ReplayPoint {
  readonly seq: number;
  /** Missing: NaN, as for epoch. */
  readonly step: number;
  readonly epoch: number;
  readonly ts: number;
  readonly value: number;
}

/** Calls `add` for each point of the block, in the order of its frames. */
export function replayBlock(
  block: { readonly codec: number; readonly implied: string; readonly bytes: Uint8Array },
  add: (name: TrackName, point: ReplayPoint) => void,
): void {
  const one = (event: Metric | MetricBatch, key: string, value: number): void => {
    const { phase = '', aggregation = '' } = event.context ?? {};
    const { worker, incarnation, seq, ts, step = Number.NaN, epoch = Number.NaN } = event;
    add({ worker, key, phase, aggregation, incarnation }, { seq, step, epoch, ts, value });
  };
  const implied = JSON.parse(block.implied) as Record<string, string>;
  eventsOf({ bytes: unpackBlock(block.codec, block.bytes, block.implied), implied }, (event) => {
    if (event.type === 'metric') one(event, event.key, event.value);
    else if (event.type === 'metric_batch') for (const [key, value] of event.metrics) one(event, key, value);
  });
}
