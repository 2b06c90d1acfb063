// One run as it is being collected: takes decoded events, drops duplicates, folds the state and fills the next commit.

import {
  type CommandResult,
  encodeEvent,
  type Metric,
  type MetricBatch,
  type MetricContext,
  type RunStart,
  type TrackEvent,
  type XTrackError,
} from '../protocol/index.js';
import type { BlockInput, RunRecord, WorkerMark } from '../storage/store.js';
import { type Announced, announcedOf, isAnnounced } from './announced.js';
import type { BusItem } from './bus.js';
import type { ControlEvent } from './control-event.js';
import { FrameBuffer } from './frame-buffer.js';
import type { Journal } from './journal.js';
import { Lane, seriesContext, type Track } from './lane.js';
import { CONTROL_WORKER, type RunState, recordFromState, reduce } from './run-state.js';

/** Series per run that are charted; events beyond stay in the event log only. */
const MAX_SERIES = 100_000;
/** Frames of one run per block at most (bytes), so that a block never needs much memory to read. */
const MAX_BLOCK = 1024 * 1024;
/** A refused frame is kept up to here (bytes). */
const MAX_DEAD_LETTER = 4096;
/** Warnings kept per run; the rest is only counted by its code. */
const MAX_WARNINGS = 1_000;

export type Verdict = 'new' | 'duplicate' | 'refused';

/** What a collector contributes to one commit, and what is to be done once it is durable. */
export interface CollectorCut {
  readonly blocks: readonly BlockInput[];
  readonly record: RunRecord;
  readonly marks: readonly WorkerMark[];
  readonly lanes: readonly Lane[];
  readonly items: readonly BusItem[];
  /** Events before `items` that nobody was there to hear when they were accepted. */
  readonly unheard: number;
}

export interface CollectorOptions {
  readonly state: RunState;
  readonly marks: readonly WorkerMark[];
  readonly journal: Journal;
  /** Incarnation of this control plane, for the events that it writes itself. */
  readonly controlIncarnation: string;
  /** µs since the epoch. */
  readonly now: () => number;
  readonly isBlank: boolean;
}

/** Collector of one run. Synchronous: what it accepts is in the next commit of its journal. */
export class Collector {
  readonly state: RunState;
  readonly runId: string;
  /** True until the first event or change of a run that did not exist before. */
  isBlank: boolean;
  private readonly journal: Journal;
  private readonly controlIncarnation: string;
  private readonly now: () => number;
  private readonly lanes = new Map<string, Map<string, Lane>>();
  /** Newest implied lane per worker, for emitters that send no incarnation. */
  private readonly implied = new Map<string, Lane>();
  private readonly frames = new FrameBuffer();
  private frameEvents = 0;
  private sealed: BlockInput[] = [];
  private dirtyLanes: Lane[] = [];
  private items: BusItem[] = [];
  /** Events of the next commit that were accepted while nobody listened: whoever listens by then is told. */
  private unheard = 0;
  private announced: Announced;
  private seriesCount = 0;
  private warningCount = 0;

  constructor(options: CollectorOptions) {
    this.state = options.state;
    this.runId = options.state.runId;
    this.journal = options.journal;
    this.controlIncarnation = options.controlIncarnation;
    this.now = options.now;
    this.isBlank = options.isBlank;
    this.announced = announcedOf(options.state);
    for (const mark of options.marks) this.addLane(Lane.fromMark(mark));
  }

  /** Every lane of the run, oldest incarnation first per worker. */
  *allLanes(): IterableIterator<Lane> {
    for (const incarnations of this.lanes.values()) yield* incarnations.values();
  }

  /** The lane of an identity; made when it is new. An empty incarnation names the newest implied one. */
  lane(worker: string, incarnation: string): Lane {
    if (incarnation === '') return this.implied.get(worker) ?? this.openImplied(worker, this.now());
    const known = this.lanes.get(worker)?.get(incarnation);
    return known ?? this.addLane(new Lane({ runId: this.runId, worker, incarnation, implied: false }));
  }

  /** The lane an event belongs to. Without incarnation, a run_start with seq 1 and another ts opens a new life. */
  laneFor(event: TrackEvent): Lane {
    if (event.incarnation !== '') return this.lane(event.worker, event.incarnation);
    const current = this.implied.get(event.worker);
    if (current === undefined) return this.openImplied(event.worker, event.ts);
    const restarted = event.type === 'run_start' && event.seq === 1 && current.startTs !== null && current.startTs !== event.ts;
    return restarted ? this.openImplied(event.worker, event.ts) : current;
  }

  /** Takes one event of `lane` whose frame is bytes[start, end). */
  accept(lane: Lane, event: TrackEvent, bytes: Uint8Array, start: number, end: number): Verdict {
    const verdict = lane.sequence.accept(event.seq);
    this.touch(lane);
    if (verdict !== 'new') {
      if (verdict === 'too-many-holes') return 'refused';
      lane.duplicates += 1;
      return 'duplicate';
    }
    const resolved = event.incarnation === '' ? { ...event, incarnation: lane.incarnation } : event;
    this.isBlank = false;
    reduce(this.state, resolved);
    this.index(lane, resolved);
    this.frames.append(bytes, start, end);
    this.frameEvents += 1;
    if (this.frames.length >= MAX_BLOCK) this.sealBlock();
    if (this.journal.bus.wants(this.runId)) this.items.push(resolved);
    else this.unheard += 1;
    this.journal.note(this, end - start);
    return 'new';
  }

  /** An event of `lane` that cannot be taken: its seq counts as arrived, its bytes are kept apart. */
  refuse(lane: Lane, seq: number, error: XTrackError, bytes: Uint8Array): void {
    if (lane.sequence.accept(seq) === 'duplicate') return;
    this.touch(lane);
    this.warn({ code: error.code, detail: error.message, field: error.field ?? null, worker: lane.worker, seq });
    this.deadLetter(error.code, bytes);
  }

  /** Keeps the first bytes of something that is no event. */
  deadLetter(code: string, bytes: Uint8Array): void {
    this.journal.deadLetters.push({ runId: this.runId, at: this.now(), code, bytes: bytes.slice(0, MAX_DEAD_LETTER) });
    this.journal.note(this, Math.min(bytes.length, MAX_DEAD_LETTER));
  }

  /** Says on the run that something was wrong. */
  warn(warning: { code: string; detail: string; field: string | null; worker: string; seq: number | null }): void {
    this.warningCount += 1;
    if (this.warningCount > MAX_WARNINGS) return;
    this.journal.warnings.push({ runId: this.runId, at: this.now(), ...warning });
    this.journal.note(this, 0);
  }

  /** Writes an event of the control plane's own into the run's log. */
  emit(event: ControlEvent): void {
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
    this.accept(lane, full, bytes, 0, bytes.length);
    this.frames.settle();
  }

  /** Changes the row of the run outside its events: owner, process, interruption. */
  change(update: (state: RunState) => void): void {
    this.isBlank = false;
    update(this.state);
    this.journal.note(this, 0);
  }

  /** The lane changed without an event: a gap was given up. */
  refreshMark(lane: Lane): void {
    this.touch(lane);
  }

  /** Copies frames that still lie in a chunk; call before the chunk's buffer may be reused. */
  settle(): void {
    this.frames.settle();
  }

  /** Hands over everything since the last cut. */
  cut(): CollectorCut {
    this.sealBlock();
    const lanes = this.dirtyLanes;
    const marks = lanes.map((lane) => lane.mark());
    for (const lane of lanes) lane.dirty = false;
    const record = recordFromState(this.state);
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
    return { blocks, record, marks, lanes, items, unheard };
  }

  private touch(lane: Lane): void {
    if (lane.dirty) return;
    lane.dirty = true;
    this.dirtyLanes.push(lane);
    this.journal.note(this, 0);
  }

  private addLane(lane: Lane): Lane {
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
    // The block so far was written under the previous implied incarnation and says so.
    this.sealBlock();
    let incarnation = `${Math.floor(ts / 1000)
      .toString(36)
      .padStart(8, '0')}-implied`;
    while (this.lanes.get(worker)?.has(incarnation) === true) incarnation += '+';
    const lane = new Lane({ runId: this.runId, worker, incarnation, implied: true });
    this.addLane(lane);
    this.implied.set(worker, lane);
    return lane;
  }

  private sealBlock(): void {
    if (this.frameEvents === 0) return;
    const implied: Record<string, string> = Object.create(null);
    for (const [worker, lane] of this.implied) implied[worker] = lane.incarnation;
    this.sealed.push({ runId: this.runId, bytes: this.frames.take(), events: this.frameEvents, implied: { ...implied } });
    this.frameEvents = 0;
  }

  private index(lane: Lane, event: TrackEvent): void {
    switch (event.type) {
      case 'metric':
        this.point(lane, event, event.key, event.value);
        break;
      case 'metric_batch':
        for (const [key, value] of event.metrics) this.point(lane, event, key, value);
        break;
      case 'param':
      case 'artifact':
      case 'checkpoint':
      case 'log':
      case 'knob':
      case 'change':
        this.journal.entries.push(event);
        break;
      case 'gap':
        lane.declare(event);
        break;
      case 'run_start':
        this.started(lane, event);
        break;
      case 'command_result':
        this.journal.answers.push(event satisfies CommandResult);
        break;
    }
  }

  private started(lane: Lane, event: RunStart): void {
    if (event.seq === 1) lane.startTs = event.ts;
  }

  private point(lane: Lane, event: Metric | MetricBatch, key: string, value: number): void {
    const tracks = lane.tracksOf(event.context);
    const track = tracks.get(key) ?? this.openTrack(lane, tracks, key, event.context);
    if (track.id >= 0) this.journal.points.push(track.id, event.seq, event.ts, value, event.step, event.epoch);
  }

  private openTrack(lane: Lane, tracks: Map<string, Track>, key: string, context: MetricContext | undefined): Track {
    this.seriesCount += 1;
    if (this.seriesCount > MAX_SERIES) {
      if (this.seriesCount === MAX_SERIES + 1) {
        const detail = `more than ${MAX_SERIES} series; '${key.slice(0, 64)}' and later ones are not charted`;
        this.warn({ code: 'XT_SERIES_LIMIT', detail, field: null, worker: lane.worker, seq: null });
      }
      return { id: -1 };
    }
    const { worker, incarnation } = lane;
    const id = this.journal.openTrack({ runId: this.runId, worker, incarnation, key, ...seriesContext(context) });
    const track = { id };
    tracks.set(key, track);
    return track;
  }
}
