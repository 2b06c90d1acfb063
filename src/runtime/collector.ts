// One run as it is being collected: takes decoded events, drops duplicates, folds the state and fills the next commit.

import { encodeEvent, type TrackEvent, XTrackError } from '../protocol/index.js';
import type { BlockInput, BuriedWorker, Owner, RunRecord, WorkerMark } from '../storage/store.js';
import { type Announced, announcedOf, type BusItem, isAnnounced } from './bus.js';
import { FrameBuffer } from './frame-buffer.js';
import { Indexer, type NewWarning } from './indexer.js';
import { type CollectorCut, type Contributor, type Journal, NEW_RUN_BYTES } from './journal.js';
import type { Lane } from './lane.js';
import { Lanes } from './lanes.js';
import { CONTROL_WORKER, type RunState, recordFromState, reduce } from './run-state.js';
import type { Verdict } from './verdict.js';

/** Frames of one run per block at most (bytes), so that a block never needs much memory to read. */
const MAX_BLOCK = 1024 * 1024;
/** A refused frame is kept up to here (bytes). */
const MAX_DEAD_LETTER = 4096;
/** Events kept per run whose number was given already. */
const MAX_CONFLICTS = 1_000;
/** Warnings kept per run; the rest is only counted by its code. */
const MAX_WARNINGS = 1_000;

export interface CollectorOptions {
  readonly state: RunState;
  readonly marks: readonly WorkerMark[];
  /** Workers of a former run of this id that was removed for good. */
  readonly buried?: readonly BuriedWorker[];
  /** Of the run as it was read; 0: there was none. */
  readonly revision?: number;
  readonly journal: Journal<Collector>;
  /** Incarnation of this control plane, for the events that it writes itself. */
  readonly controlIncarnation: string;
  /** µs since the epoch. */
  readonly now: () => number;
  readonly isBlank: boolean;
}

/** Collector of one run. Synchronous: what it accepts is in the next commit of its journal, or it is `dead` and the run is read anew. */
export class Collector implements Contributor {
  readonly state: RunState;
  readonly runId: string;
  /** True until the first event or change of a run that did not exist before. */
  isBlank: boolean;
  /** A process of the run is watched here: it keeps its owner while it is interrupted. */
  supervised = false;
  /** Kept by the journal: bytes that wait for a commit. */
  uncommittedBytes = 0;
  /** Why nothing is taken any more: what was accepted since the last commit may not be stored. */
  private failure: XTrackError | undefined;
  private revision: number;
  private readonly journal: Journal<Collector>;
  private readonly controlIncarnation: string;
  private readonly now: () => number;
  readonly lanes: Lanes;
  private readonly frames = new FrameBuffer();
  private frameEvents = 0;
  private sealed: BlockInput[] = [];
  private dirtyLanes: Lane[] = [];
  private items: BusItem[] = [];
  /** Events of the next commit that were accepted while nobody listened: whoever listens by then is told. */
  private unheard = 0;
  private announced: Announced;
  private readonly indexer: Indexer;
  private warningCount = 0;
  private conflicts = 0;

  constructor(options: CollectorOptions) {
    const { state, marks, buried = [], now } = options;
    this.state = state;
    this.runId = state.runId;
    this.journal = options.journal;
    this.controlIncarnation = options.controlIncarnation;
    this.now = now;
    this.isBlank = options.isBlank;
    this.revision = options.revision ?? 0;
    this.announced = announcedOf(state);
    this.indexer = new Indexer(options.journal.pending, state.runId, (warning) => this.warn(warning));
    // A block says which incarnations are implied in it: it ends where that changes.
    this.lanes = new Lanes({ runId: this.runId, marks, buried, now, onNewLife: () => this.sealBlock() });
  }

  /** Why the run has to be read anew; undefined: it does not. */
  get dead(): XTrackError | undefined {
    return this.failure;
  }

  /** Takes nothing any more, and sends whoever speaks for a worker away: to connect again, and go on from what is stored. */
  kill(why: XTrackError): void {
    if (this.failure !== undefined) return;
    this.failure = why;
    for (const lane of this.lanes.all()) lane.owner?.fence(why);
  }

  /** Ids of all series that were opened here. */
  *trackIds(): IterableIterator<number> {
    for (const lane of this.lanes.all()) yield* lane.trackIds();
  }

  /** The store forgets its series. Whoever still writes to it names them anew. */
  letGo(): void {
    for (const lane of this.lanes.all()) lane.forgetTracks();
    this.journal.pending.release(this.runId);
  }

  /** See Lanes.of. */
  lane(worker: string, incarnation: string): Lane {
    return this.lanes.of(worker, incarnation);
  }

  /** See Lanes.for. */
  laneFor(event: TrackEvent): Lane {
    return this.lanes.for(event);
  }

  /** Takes one event of `lane` whose frame is bytes[start, end). */
  accept(lane: Lane, event: TrackEvent, bytes: Uint8Array, start: number, end: number): Verdict {
    if (this.failure !== undefined) return 'gone';
    if (lane.buried) return this.passOver(lane, event.seq);
    const verdict = lane.sequence.accept(event.seq);
    this.touch(lane);
    if (verdict !== 'new') {
      if (verdict === 'too-many-holes') return 'refused';
      lane.duplicates += 1;
      if (lane.stamps.differs(event, bytes, end)) this.conflict(lane, event.seq, bytes.subarray(start, end));
      return 'duplicate';
    }
    lane.stamps.note(event, bytes, end);
    const resolved = event.incarnation === '' ? { ...event, incarnation: lane.incarnation } : event;
    const cost = this.isBlank ? NEW_RUN_BYTES : 0;
    this.isBlank = false;
    try {
      reduce(this.state, resolved);
      this.indexer.add(lane, resolved);
    } catch (error) {
      return this.spoil(lane, event.seq, error, bytes.subarray(start, end));
    }
    this.frames.append(bytes, start, end);
    this.frameEvents += 1;
    if (this.frames.length >= MAX_BLOCK) this.sealBlock();
    if (this.journal.bus.wants(this.runId)) this.items.push(resolved);
    else this.unheard += 1;
    this.journal.note(this, end - start + cost);
    return 'new';
  }

  /** An event of `lane` that cannot be taken: its seq counts as arrived, its bytes are kept apart. */
  refuse(lane: Lane, seq: number, error: XTrackError, bytes: Uint8Array): void {
    if (this.failure !== undefined) return;
    if (lane.buried) return void this.passOver(lane, seq);
    if (lane.sequence.accept(seq) === 'duplicate') return;
    this.touch(lane);
    this.warn({ code: error.code, detail: error.message, field: error.field ?? null, worker: lane.worker, seq });
    this.deadLetter(error.code, bytes);
  }

  /** Keeps the first bytes of something that is no event. */
  deadLetter(code: string, bytes: Uint8Array): void {
    if (this.failure !== undefined) return;
    const kept = Uint8Array.from(bytes.subarray(0, MAX_DEAD_LETTER));
    this.journal.pending.deadLetters.push({ runId: this.runId, at: this.now(), code, bytes: kept });
    this.journal.note(this, Math.min(bytes.length, MAX_DEAD_LETTER));
  }

  /** Says on the run that something was wrong. */
  warn(warning: NewWarning): void {
    if (this.failure !== undefined) return;
    this.warningCount += 1;
    if (this.warningCount > MAX_WARNINGS) return;
    this.journal.pending.warnings.push({ runId: this.runId, at: this.now(), ...warning });
    this.journal.note(this, 0);
  }

  /** Writes an event of the control plane's own into the run's log. */
  emit(event: ControlEvent): Verdict {
    const lane = this.lane(CONTROL_WORKER, this.controlIncarnation);
    const full = {
      ...event,
      runId: this.runId,
      worker: CONTROL_WORKER,
      incarnation: lane.incarnation,
      seq: lane.sequence.last + 1,
      ts: this.now(),
    } as TrackEvent;
    const bytes = encodeEvent(full);
    const verdict = this.accept(lane, full, bytes, 0, bytes.length);
    this.frames.settle();
    return verdict;
  }

  /** Changes the row of the run outside its events: owner, process, interruption. */
  change(update: (state: RunState) => void): void {
    if (this.failure !== undefined) return;
    this.isBlank = false;
    update(this.state);
    this.journal.note(this, 0);
  }

  /** Its control plane says anew who and where it is. */
  ownedBy(owner: Owner): void {
    this.state.owner = owner;
    if (!this.isBlank) this.change(() => undefined);
  }

  /** The lane changed without an event: a gap was given up. */
  refreshMark(lane: Lane): void {
    this.touch(lane);
  }

  /** Copies frames that still lie in a chunk; call before the chunk's buffer may be reused. */
  settle(): void {
    this.frames.settle();
  }

  /** Revision of the run in the store as far as this process knows: that which it read, or wrote last. */
  get knownRevision(): number {
    return this.revision;
  }

  /** Hands over everything since the last cut; the run's revision is `to` afterwards. */
  cut(to: number): CollectorCut {
    this.sealBlock();
    this.uncommittedBytes = 0;
    const lanes = this.dirtyLanes;
    const marks = lanes.map((lane) => lane.mark());
    for (const lane of lanes) lane.dirty = false;
    const record = this.record();
    const items = this.items;
    if (!isAnnounced(record, this.announced)) {
      this.announced = announcedOf(record);
      items.push({ type: 'run_changed', runId: this.runId, record });
    }
    const blocks = this.sealed;
    this.sealed = [];
    this.dirtyLanes = [];
    this.items = [];
    const unheard = this.unheard;
    this.unheard = 0;
    const revision = { runId: this.runId, from: this.revision, to };
    return { blocks, record, marks, lanes, items, unheard, revision };
  }

  /** The cut is stored: what comes next grows from it. */
  committed(cut: CollectorCut): void {
    this.revision = cut.revision.to;
  }

  /** A run that waits for its worker, and of which no process is watched, is everybody's who hears of it. */
  private record(): RunRecord {
    const record = recordFromState(this.state);
    return record.status === 'interrupted' && !this.supervised ? { ...record, owner: null } : record;
  }

  /** Another event under a number that was given: the first one counts, this one is kept apart. */
  private conflict(lane: Lane, seq: number, bytes: Uint8Array): void {
    this.conflicts += 1;
    if (this.conflicts > MAX_CONFLICTS) return;
    const detail = `worker '${lane.worker}' sent two different events as number ${seq}; the first one counts`;
    this.warn({ code: 'XT_SEQ_CONFLICT', detail, field: 'm.seq', worker: lane.worker, seq });
    this.deadLetter('XT_SEQ_CONFLICT', bytes);
  }

  /** An event that cannot be folded ends nothing: its seq counts as arrived, its bytes are kept apart. */
  private spoil(lane: Lane, seq: number, error: unknown, bytes: Uint8Array): Verdict {
    const { code, message } = XTrackError.from(error, 'XT_INTERNAL');
    this.warn({ code, detail: message, field: null, worker: lane.worker, seq });
    this.deadLetter(code, bytes);
    return 'spoiled';
  }

  /** Late, for a run that was removed: its sender need not keep it any longer. */
  private passOver(lane: Lane, seq: number): Verdict {
    lane.sequence.accept(seq);
    lane.durable = lane.sequence.contiguous;
    lane.owner?.acknowledge(lane, lane.durable, undefined);
    return 'buried';
  }

  private touch(lane: Lane): void {
    if (lane.dirty || this.failure !== undefined) return;
    lane.dirty = true;
    this.dirtyLanes.push(lane);
    this.journal.note(this, 0);
  }

  private sealBlock(): void {
    if (this.frameEvents === 0) return;
    this.sealed.push({ runId: this.runId, bytes: this.frames.take(), events: this.frameEvents, implied: this.lanes.impliedNow() });
    this.frameEvents = 0;
  }
}

/** An event that the control plane itself writes into the run; identity and time are filled in. */
type ControlEvent = TrackEvent extends infer E
  ? E extends TrackEvent
    ? Omit<E, 'runId' | 'worker' | 'incarnation' | 'seq' | 'ts'>
    : never
  : never;
