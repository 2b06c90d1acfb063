// The lanes of one run: which incarnation of which worker an event belongs to, also where the emitter does not say.

import type { TrackEvent } from '../protocol/index.js';
import type { BuriedWorker, WorkerMark } from '../storage/store.js';
import type { NewWarning } from './indexer.js';
import { Lane } from './lane.js';
import { CONTROL_WORKER } from './run-state.js';

/** How an incarnation ends that was implied. */
const IMPLIED = '-implied';

export interface LanesOptions {
  readonly runId: string;
  readonly marks: readonly WorkerMark[];
  /** Workers of a former run of this id that was removed for good. */
  readonly buried: readonly BuriedWorker[];
  /** µs since the epoch. */
  readonly now: () => number;
  /** What was written so far belongs to the incarnations implied until now. */
  readonly onNewLife: () => void;
}

/** Every lane of a run, by worker and incarnation. */
export class Lanes {
  private readonly runId: string;
  private readonly now: () => number;
  private readonly onNewLife: () => void;
  private readonly lanes = new Map<string, Map<string, Lane>>();
  /** Newest implied lane per worker, for emitters that send no incarnation. */
  private readonly implied = new Map<string, Lane>();

  constructor({ runId, marks, buried, now, onNewLife }: LanesOptions) {
    this.runId = runId;
    this.now = now;
    this.onNewLife = onNewLife;
    this.learnBuried(buried);
    for (const mark of marks) this.add(Lane.fromMark(mark));
  }

  /** Oldest incarnation first per worker. */
  *all(): IterableIterator<Lane> {
    for (const incarnations of this.lanes.values()) yield* incarnations.values();
  }

  /** The lane of an identity; made when it is new. An empty incarnation names the newest implied one. */
  of(worker: string, incarnation: string): Lane {
    if (incarnation === '') return this.implied.get(worker) ?? this.openImplied(worker, this.now());
    const known = this.lanes.get(worker)?.get(incarnation);
    return known ?? this.add(new Lane({ runId: this.runId, worker, incarnation, implied: false }));
  }

  /** The lane an event belongs to. Without incarnation, a run_start with seq 1 and another ts opens a new life. */
  for(event: TrackEvent): Lane {
    if (event.incarnation !== '') return this.of(event.worker, event.incarnation);
    const current = this.implied.get(event.worker);
    if (current === undefined) return this.openImplied(event.worker, event.ts);
    const starts = event.type === 'run_start' && event.seq === 1;
    const restarted = starts && (current.buried || (current.startTs !== null && current.startTs !== event.ts));
    return restarted ? this.openImplied(event.worker, event.ts) : current;
  }

  /** Forgets one of which nothing ever came. */
  forget(lane: Lane): void {
    if (lane.sequence.last === 0 && !lane.dirty && !lane.buried) this.lanes.get(lane.worker)?.delete(lane.incarnation);
  }

  /** Incarnation implied for each worker whose emitter sends none. */
  impliedNow(): Record<string, string> {
    const implied: Record<string, string> = Object.create(null);
    for (const [worker, lane] of this.implied) implied[worker] = lane.incarnation;
    return { ...implied };
  }

  /** These wrote to a run of this id that was removed for good: what still comes from them is late. */
  learnBuried(buried: readonly BuriedWorker[]): void {
    for (const { worker, incarnation } of buried) {
      const known = this.lanes.get(worker)?.get(incarnation);
      if (known === undefined && worker !== CONTROL_WORKER) this.bury(worker, incarnation);
      else if (known?.sequence.last === 0) known.buried = true;
    }
  }

  private bury(worker: string, incarnation: string): void {
    const implied = incarnation.includes(IMPLIED);
    this.add(new Lane({ runId: this.runId, worker, incarnation, implied })).buried = true;
  }

  private add(lane: Lane): Lane {
    const incarnations = this.lanes.get(lane.worker) ?? new Map<string, Lane>();
    incarnations.set(lane.incarnation, lane);
    this.lanes.set(lane.worker, incarnations);
    if (lane.implied) {
      const newest = this.implied.get(lane.worker);
      if (newest === undefined || newest.incarnation < lane.incarnation) this.implied.set(lane.worker, lane);
    }
    return lane;
  }

  private openImplied(worker: string, ts: number): Lane {
    this.onNewLife();
    let incarnation = `${Math.floor(ts / 1000)
      .toString(36)
      .padStart(8, '0')}${IMPLIED}`;
    while (this.lanes.get(worker)?.has(incarnation) === true) incarnation += '+';
    const lane = this.add(new Lane({ runId: this.runId, worker, incarnation, implied: true }));
    this.implied.set(worker, lane);
    return lane;
  }
}

// Ranges of events that did not come: asked for again while somebody is there to send them, and at last recorded as lost.

/** After so long (ms) a range is given up; late events still fill it. */
const GIVE_UP_MS = 30_000;

/** The run of a lane in which something is missing. */
export interface Chaser {
  warn(warning: NewWarning): void;
  /** The lane changed without an event. */
  refreshMark(lane: Lane): void;
}

/** Asks for the first range that is missing in the lane. `now`: ms of the monotonic clock. */
export function chase(run: Chaser, lane: Lane, now: number): void {
  const hole = lane.sequence.firstHole;
  if (hole === undefined || lane.owner === undefined || lane.buried) return;
  if (lane.asked?.from !== hole.from) {
    lane.asked = { from: hole.from, since: now };
    const detail = `events ${hole.from} to ${hole.to} of worker '${lane.worker}' are missing`;
    run.warn({ code: 'XT_SEQ_GAP', detail, field: null, worker: lane.worker, seq: hole.from });
  }
  // A tail of which only the emitter has spoken is not given up: it may not have been sent yet.
  if (now - lane.asked.since > GIVE_UP_MS && hole.to < lane.sequence.last) {
    lane.sequence.declare({ ...hole, reason: 'undeclared', counts: null });
    run.refreshMark(lane);
    return;
  }
  lane.owner.acknowledge(lane, lane.durable, hole);
}
