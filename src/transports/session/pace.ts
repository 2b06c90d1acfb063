// A bound of events per second for each run: its workers are read more slowly, and nothing is lost.

import type { Collector } from '../../runtime/collector.js';

interface Bucket {
  /** Events that may still come without a pause; below 0: what came too early. */
  left: number;
  /** ms of the monotonic clock. */
  at: number;
}

const buckets = new WeakMap<Collector, Bucket>();

/** How long (ms) nothing more of the run should be read, `events` of it having come. `rate`: events per second; so many may come at once. */
export function pauseAfter(collector: Collector, events: number, rate: number, now: number): number {
  const bucket = buckets.get(collector) ?? { left: rate, at: now };
  buckets.set(collector, bucket);
  bucket.left = Math.min(rate, bucket.left + ((now - bucket.at) / 1000) * rate) - events;
  bucket.at = now;
  return bucket.left >= 0 ? 0 : (-bucket.left / rate) * 1000;
}
