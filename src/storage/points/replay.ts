// Points out of the exact bytes of a block, for the tails that no chunk row holds yet.

import { FrameDecoder } from '../../protocol/decoder.js';
import type { Metric, MetricBatch } from '../../protocol/events.js';
import { LIMITS } from '../../protocol/limits.js';
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
  const implied = new Map(Object.entries(JSON.parse(block.implied) as Record<string, string>));
  const one = (event: Metric | MetricBatch, key: string, value: number): void => {
    const incarnation = event.incarnation === '' ? (implied.get(event.worker) ?? '') : event.incarnation;
    const { phase = '', aggregation = '' } = event.context ?? {};
    const { seq, ts, step = Number.NaN, epoch = Number.NaN } = event;
    add({ worker: event.worker, key, phase, aggregation, incarnation }, { seq, step, epoch, ts, value });
  };
  const decoder = new FrameDecoder(
    {
      message(message) {
        if (message.type === 'metric') one(message, message.key, message.value);
        else if (message.type === 'metric_batch') for (const [key, value] of message.metrics) one(message, key, value);
      },
      // What was accepted once decodes again; anything else in a block is damage, and the points around it still count.
      refused() {},
      skipped() {},
    },
    { mode: 'recover', maxFrame: LIMITS.frameHard },
  );
  decoder.push(unpackBlock(block.codec, block.bytes, block.implied));
  decoder.end();
}
