// placeholder
import type { Metric, MetricBatch } from './events.js';
export class FastMetricReader {
  read(_bytes: Uint8Array, _start: number, _end: number): Metric | MetricBatch | undefined {
    return undefined;
  }
}
