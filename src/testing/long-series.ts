// Series of hundreds of thousands of points, as columns alone: their frames would take longer than what is tested.

import type { Batch, PointColumns, TrackDefinition } from '../storage/store.js';
import { sampleBatch, sampleRecord } from './sample-run.js';

/** Far from the ids that sample runs give their tracks. */
let lastTrack = 2_000_000_000;

/** One incarnation's `loss`, to be committed piece by piece. */
export class LongSeries {
  readonly definition: TrackDefinition;
  readonly #valueAt: (step: number) => number;
  /** Step of the point with seq 1. */
  readonly #firstStep: number;
  #defined = false;

  constructor(runId: string, incarnation: string, firstStep: number, valueAt: (step: number) => number, worker = '') {
    lastTrack += 1;
    this.definition = { id: lastTrack, runId, worker, incarnation, key: 'loss', phase: '', aggregation: '' };
    this.#firstStep = firstStep;
    this.#valueAt = valueAt;
  }

  /** The points with these seqs, one step each. */
  take(seqs: readonly number[]): Batch {
    const { runId, id } = this.definition;
    const tracks = this.#defined ? [] : [this.definition];
    this.#defined = true;
    const step = Float64Array.from(seqs, (seq) => this.#firstStep + seq - 1);
    const points: PointColumns = {
      length: seqs.length,
      track: new Uint32Array(seqs.length).fill(id),
      seq: Float64Array.from(seqs),
      step,
      epoch: new Float64Array(seqs.length).fill(Number.NaN),
      ts: step.map((one) => 1_700_000_000_000_000 + one * 1_000),
      value: step.map(this.#valueAt),
    };
    return sampleBatch({ runs: [sampleRecord(runId)], tracks, points });
  }
}

/** from, from + 1 … to. */
export function seqsBetween(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
