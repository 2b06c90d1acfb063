// The runs that one session writes to. A run that is not loaded yet makes the session's work wait, in order.

import { XTrackError } from '../../protocol/index.js';
import type { Collector } from '../../runtime/collector.js';
import type { Hub } from '../../runtime/hub.js';
import type { Lane } from '../../runtime/lane.js';

export interface Binding {
  readonly collector: Collector;
  /** The lane of the last event: the next one is most likely its neighbour. */
  lane: Lane | undefined;
}

/** Runs that one connection keeps loaded, unless more of them wait for a commit. */
const MOST_BOUND = 64;

export interface BindingsOptions {
  readonly hub: Hub;
  /** Runs are compared with what is stored before their events are given to the session. */
  readonly areCompared: boolean;
  /** A run has to be loaded first: stop reading. */
  readonly onWait: () => void;
  /** The run cannot be had: another control plane holds it, or the store fails. */
  readonly onLost: (error: XTrackError, runId: string) => void | Promise<void>;
  /** What waited could not be worked off: a fault of our own. */
  readonly onBroken: (error: unknown) => void;
  /** A run is let go of, since there are too many and nothing of it waits any more. */
  readonly onEvict: (runId: string) => void;
}

/** Run id → collector, for one session. */
export class Bindings {
  /** The run of the last event. */
  last: Binding | undefined;
  /** True once a run was bound. */
  entered = false;
  /** Every run that was bound, but for those that the session has forgotten. */
  readonly runIds = new Set<string>();
  private readonly options: BindingsOptions;
  private readonly bound = new Map<string, Binding>();
  /** Of every run of which something may not be stored yet. */
  private readonly collectors = new Set<Collector>();
  /** The run that was read last, or compared with what is stored. */
  private upToDate: string | undefined;
  private backlog: (() => void)[] = [];
  private loading: Promise<void> | undefined;
  /** So many bound runs are looked through for those that can go. */
  private evictAt = MOST_BOUND;

  constructor(options: BindingsOptions) {
    this.options = options;
  }

  /** Work must wait for a run to be loaded. */
  get waiting(): boolean {
    return this.loading !== undefined;
  }

  get(runId: string): Binding | undefined {
    return this.bound.get(runId);
  }

  /** Why one of the runs has to be read anew: what was written to it may not be stored. */
  get dead(): XTrackError | undefined {
    for (const { dead } of this.collectors) if (dead !== undefined) return dead;
    return undefined;
  }

  /** Queues work behind what waits already. */
  defer(work: () => void): void {
    this.backlog.push(work);
  }

  /** As `bind`, for who is told what is stored of the run: what another process stored since it was read is seen. */
  bindUpToDate(runId: string, again: () => void): Binding | undefined {
    const { hub } = this.options;
    const asked = this.bound.has(runId) || this.upToDate === runId;
    this.upToDate = runId;
    if (asked || hub.loaded(runId) === undefined) return this.bind(runId, again);
    return this.load(runId, hub.upToDate(runId), again);
  }

  /** The run's binding, or undefined while it is being loaded: then `again` runs once it is. */
  bind(runId: string, again: () => void): Binding | undefined {
    const known = this.bound.get(runId);
    if (known !== undefined) {
      this.last = known;
      // Those that were not written to for longest come first.
      this.bound.delete(runId);
      this.bound.set(runId, known);
      return known;
    }
    const { hub } = this.options;
    const collector = hub.loaded(runId);
    if (collector !== undefined && (!collector.isBlank || this.upToDate === runId || this.options.areCompared)) {
      const binding = { collector, lane: undefined };
      this.bound.set(runId, binding);
      this.runIds.add(runId);
      this.collectors.add(collector);
      hub.hold(runId);
      this.entered = true;
      this.last = binding;
      if (this.bound.size > this.evictAt) this.evict();
      return binding;
    }
    this.upToDate = runId;
    return this.load(runId, collector === undefined ? hub.collector(runId) : hub.upToDate(runId), again);
  }

  private load(runId: string, collector: Promise<Collector>, again: () => void): undefined {
    const { onWait, onLost } = this.options;
    this.backlog.push(again);
    this.loading = collector.then(
      () => this.resume(),
      async (error) => {
        // Until the peer is told, nothing more of it is looked at.
        await onLost(XTrackError.from(error, 'XT_RUN_NOT_FOUND'), runId);
        this.loading = undefined;
        this.backlog = [];
      },
    );
    onWait();
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.loading !== undefined) await this.loading;
  }

  /** Forgets what waits: the peer was sent away. */
  drop(): void {
    this.backlog = [];
  }

  /** Lets go of every run. */
  release(): void {
    for (const [runId, { collector }] of this.bound) this.options.hub.release(runId, collector);
    this.bound.clear();
  }

  /** Lets go of the runs that were not written to for longest. One that waits for its commit is not: its peer waits for the ack. */
  private evict(): void {
    const { hub, onEvict } = this.options;
    for (const [runId, binding] of this.bound) {
      if (this.bound.size <= MOST_BOUND) break;
      const { collector } = binding;
      if (binding === this.last || hub.journal.holds(collector)) continue;
      this.bound.delete(runId);
      this.collectors.delete(collector);
      onEvict(runId);
      hub.release(runId, collector);
    }
    this.evictAt = this.bound.size + MOST_BOUND;
  }

  private resume(): void {
    this.loading = undefined;
    const backlog = this.backlog;
    this.backlog = [];
    try {
      for (let index = 0; index < backlog.length; index += 1) {
        backlog[index]?.();
        if (this.waiting) {
          this.backlog.push(...backlog.slice(index + 1));
          return;
        }
      }
      this.options.hub.journal.endChunk();
    } catch (error) {
      this.options.onBroken(error);
    }
  }
}
