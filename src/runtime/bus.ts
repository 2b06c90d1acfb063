// Publish and subscribe inside the process. A subscriber has a bounded queue: when it is slow the oldest items are
// dropped and it is told how many; a run is never slowed and memory never grows.

import type { TrackEvent } from '../protocol/index.js';
import type { CommandRecord, RunRecord } from '../storage/store.js';

/** Items a subscriber may be behind before it misses some. */
const DEFAULT_MAX_QUEUE = 10_000;

/** The run's status, name, tags or experiment changed, or it came out of the trash. */
export interface RunChanged {
  readonly type: 'run_changed';
  readonly runId: string;
  readonly record: RunRecord;
}

/** A command to the run's workers was given, sent, answered or has expired: its record, durable. */
export interface CommandChanged {
  readonly type: 'command_changed';
  readonly runId: string;
  readonly command: CommandRecord;
}

/** The run was moved to the trash, or removed for good. */
export interface RunDeleted {
  readonly type: 'run_deleted';
  readonly runId: string;
}

/** The subscriber was too slow: `missed` items before the next one are gone for it (the store has them). */
export interface Lagged {
  readonly type: 'lagged';
  readonly missed: number;
}

export type BusItem = TrackEvent | RunChanged | CommandChanged | RunDeleted;

export interface SubscribeOptions {
  readonly signal?: AbortSignal;
  /** Only items of these types; `lagged` always comes. */
  readonly types?: readonly string[];
  /** Default DEFAULT_MAX_QUEUE. */
  readonly maxQueue?: number;
}

/** One subscriber: an async iterator that ends on abort, on `return` and when the bus closes. */
class Subscription implements AsyncIterableIterator<BusItem | Lagged> {
  private queue: BusItem[] = [];
  private head = 0;
  private missed = 0;
  private done = false;
  private wake: (() => void) | undefined;
  private readonly maxQueue: number;
  private readonly types: ReadonlySet<string> | undefined;
  private readonly onClose: () => void;

  constructor(options: SubscribeOptions, onClose: () => void) {
    this.maxQueue = Math.max(1, options.maxQueue ?? DEFAULT_MAX_QUEUE);
    this.types = options.types === undefined ? undefined : new Set(options.types);
    this.onClose = onClose;
  }

  offer(item: BusItem): void {
    if (this.done || (this.types !== undefined && !this.types.has(item.type))) return;
    this.queue.push(item);
    if (this.queue.length - this.head > this.maxQueue) {
      this.head += 1;
      this.missed += 1;
    }
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }

  /** Items that are gone for this subscriber before it could have heard them. */
  miss(count: number): void {
    if (!this.done) this.missed += count;
  }

  notify(): void {
    const wake = this.wake;
    this.wake = undefined;
    wake?.();
  }

  async next(): Promise<IteratorResult<BusItem | Lagged>> {
    while (this.head === this.queue.length && this.missed === 0) {
      if (this.done) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.missed > 0) {
      const missed = this.missed;
      this.missed = 0;
      return { done: false, value: { type: 'lagged', missed } };
    }
    const value = this.queue[this.head] as BusItem;
    this.head += 1;
    if (this.head === this.queue.length) {
      this.queue = [];
      this.head = 0;
    }
    return { done: false, value };
  }

  /** No more items come; those queued are still delivered. */
  finish(): void {
    if (this.done) return;
    this.done = true;
    this.onClose();
    this.notify();
  }

  async return(): Promise<IteratorResult<BusItem | Lagged>> {
    this.queue = [];
    this.head = 0;
    this.missed = 0;
    this.finish();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const EVERY_RUN = '*';

/** Fan-out of committed events to whoever listens to one run or to all (`*`). */
export class Bus {
  private readonly topics = new Map<string, Set<Subscription>>();

  subscribe(runId: string, options: SubscribeOptions = {}): AsyncIterableIterator<BusItem | Lagged> {
    const topic = this.topics.get(runId) ?? new Set<Subscription>();
    this.topics.set(runId, topic);
    const abort = (): void => subscription.finish();
    const subscription: Subscription = new Subscription(options, () => {
      options.signal?.removeEventListener('abort', abort);
      topic.delete(subscription);
      if (topic.size === 0) this.topics.delete(runId);
    });
    topic.add(subscription);
    if (options.signal?.aborted === true) subscription.finish();
    else options.signal?.addEventListener('abort', abort, { once: true });
    return subscription;
  }

  /** The runs that somebody listens to by name. */
  get named(): string[] {
    return [...this.topics.keys()].filter((runId) => runId !== EVERY_RUN);
  }

  /** True when anybody would hear of this run. */
  wants(runId: string): boolean {
    return this.topics.size > 0 && (this.topics.has(EVERY_RUN) || this.topics.has(runId));
  }

  /** `unheard`: events before the items that are not among them, since nobody listened when they came. */
  publish(runId: string, items: readonly BusItem[], unheard = 0): void {
    if (items.length === 0 && unheard === 0) return;
    for (const topic of [this.topics.get(runId), this.topics.get(EVERY_RUN)]) {
      for (const subscription of topic ?? []) {
        subscription.miss(unheard);
        for (const item of items) subscription.offer(item);
        subscription.notify();
      }
    }
  }

  close(): void {
    for (const topic of [...this.topics.values()]) for (const subscription of [...topic]) subscription.finish();
  }
}

export type Announced = Pick<RunRecord, 'status' | 'name' | 'experimentId' | 'tags'>;

export function announcedOf({ status, name, experimentId, tags }: Announced): Announced {
  return { status, name, experimentId, tags };
}

/** Tags are never changed in place, so that the same object is the same tags. */
export function isAnnounced(now: Announced, before: Announced): boolean {
  return now.status === before.status && now.name === before.name && now.experimentId === before.experimentId && now.tags === before.tags;
}
