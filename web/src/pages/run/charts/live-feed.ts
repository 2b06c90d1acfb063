// The metrics of the live stream, sorted by their key and handed to the charts that show them.

import { toNumber } from '../../../api/numbers';
import type { LiveItem } from '../../../api/types';

/** One value as it was logged. */
export interface FedPoint {
  readonly key: string;
  readonly phase: string;
  readonly worker: string;
  readonly aggregation: string;
  readonly step?: number;
  readonly epoch?: number;
  /** µs since the epoch. */
  readonly ts: number;
  readonly value: number;
  /** ms, of the page's own clock: when it came. */
  readonly cameAt: number;
}

type Listener = (points: readonly FedPoint[]) => void;

/** ms for which points are kept for curves that are being read while they come. */
const KEPT_MS = 15_000;
/** Of each key. */
const MOST_KEPT = 5_000;

interface Channel {
  readonly listeners: Set<Listener>;
  recent: FedPoint[];
}

export class LiveFeed {
  readonly #channels = new Map<string, Channel>();
  readonly #known = new Set<string>();
  #onUnknown: () => void = () => {};

  /** Calls back when a series comes in that is none of these. */
  expect(names: Iterable<string>, onUnknown: () => void): void {
    this.#known.clear();
    for (const name of names) this.#known.add(name);
    this.#onUnknown = onUnknown;
  }

  /** Calls back with each delivery's points of this key, until the returned function is called. */
  listen(key: string, listener: Listener): () => void {
    const channel = this.#channels.get(key) ?? { listeners: new Set(), recent: [] };
    this.#channels.set(key, channel);
    channel.listeners.add(listener);
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size === 0) this.#channels.delete(key);
    };
  }

  /** What came lately, oldest first, while somebody listened. */
  recent(key: string): readonly FedPoint[] {
    return this.#channels.get(key)?.recent ?? [];
  }

  deliver(items: readonly LiveItem[], now: number): void {
    const byKey = new Map<string, FedPoint[]>();
    let isUnknown = false;
    for (const point of pointsOf(items, now)) {
      isUnknown ||= !this.#known.has(seriesName(point));
      if (!this.#channels.has(point.key)) continue;
      const points = byKey.get(point.key);
      if (points === undefined) byKey.set(point.key, [point]);
      else points.push(point);
    }
    for (const [key, points] of byKey) this.#hand(key, points, now);
    if (isUnknown) this.#onUnknown();
  }

  #hand(key: string, points: readonly FedPoint[], now: number): void {
    const channel = this.#channels.get(key);
    if (channel === undefined) return;
    const kept = channel.recent.filter(({ cameAt }) => now - cameAt < KEPT_MS);
    channel.recent = [...kept, ...points].slice(-MOST_KEPT);
    for (const listener of channel.listeners) listener(points);
  }
}

/** Names a series within its run. */
export function seriesName({ key, phase, worker, aggregation }: Pick<FedPoint, 'key' | 'phase' | 'worker' | 'aggregation'>): string {
  return JSON.stringify([key, phase, worker, aggregation]);
}

function* pointsOf(items: readonly LiveItem[], cameAt: number): Generator<FedPoint> {
  for (const item of items) {
    if (item.type !== 'metric' && item.type !== 'metric_batch') continue;
    const { worker, ts, step, epoch, context } = item;
    const { phase = '', aggregation = '' } = context ?? {};
    const shared = { phase, aggregation, worker, ts, cameAt, ...(step !== undefined && { step }), ...(epoch !== undefined && { epoch }) };
    if (item.type === 'metric') yield { ...shared, key: item.key, value: toNumber(item.value) };
    else for (const [key, value] of Object.entries(item.metrics)) yield { ...shared, key, value: toNumber(value) };
  }
}
