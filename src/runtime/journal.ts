// Group commit: gathers what all collectors accepted and makes it durable as one transaction at a time.
// Only then acknowledgements leave and subscribers hear. While the store is slow or away the journal says `full`
// and the transports stop reading, so that nothing is held without bound.

import { type CommandResult, XTrackError } from '../protocol/index.js';
import type { CommandRecord, DeadLetter, Entry, RunWarning, Store, TrackDefinition } from '../storage/store.js';
import type { Bus } from './bus.js';
import type { Collector, CollectorCut } from './collector.js';
import { PointBuffer } from './point-buffer.js';

/** A commit is cut as soon as the store is free and so many bytes wait … */
const CUT_BYTES = 64 * 1024;
/**
 * … or so long (ms) after the last one began. Short, since a subscriber hears only of what is committed; long enough that a steady
 * trickle keeps neither the disk nor a core busy.
 */
const INTERVAL_MS = 2;
/** Bytes that may wait for the store before the transports stop reading. */
const FULL_BYTES = 8 * 1024 * 1024;
/** ms: the slowest commit seen on a healthy disk took 0.2 s. */
const STUCK_MS = 3_000;

/** What went wrong with a commit and what the hub does about it. */
export type CommitFailure = (error: XTrackError, cuts: readonly CollectorCut[]) => void;

export interface JournalOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly onFailure: CommitFailure;
  /** Answers to commands, durable from now on. */
  readonly onAnswers: (answers: readonly CommandResult[]) => void;
}

/** The one way into the store. */
export class Journal {
  readonly points = new PointBuffer();
  entries: Entry[] = [];
  /** Newest record of each command that changed, by its id. */
  private commands = new Map<string, CommandRecord>();
  warnings: RunWarning[] = [];
  deadLetters: DeadLetter[] = [];
  answers: CommandResult[] = [];
  readonly bus: Bus;
  private readonly store: Store;
  private readonly onFailure: CommitFailure;
  private readonly onAnswers: (answers: readonly CommandResult[]) => void;
  private tracks: TrackDefinition[] = [];
  private nextTrack = 1;
  private readonly dirty = new Set<Collector>();
  private pendingBytes = 0;
  private inFlightBytes = 0;
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private readonly waiting = new Set<() => void>();

  constructor(options: JournalOptions) {
    this.bus = options.bus;
    this.store = options.store;
    this.onFailure = options.onFailure;
    this.onAnswers = options.onAnswers;
  }

  /** `collector` has something for the next commit, `bytes` more of it. */
  note(collector: Collector, bytes: number): void {
    this.pendingBytes += bytes;
    this.dirty.add(collector);
    if (this.timer === undefined && this.running === undefined) this.arm();
  }

  /** True while something of `collector` waits for a commit. */
  holds(collector: Collector): boolean {
    return this.dirty.has(collector);
  }

  /** A command changed: durable with the next commit, and then told to subscribers. */
  noteCommand(record: CommandRecord): void {
    this.commands.set(record.commandId, record);
    if (this.timer === undefined && this.running === undefined) this.arm();
  }

  /** Names a new series; its points follow with the id. */
  openTrack(track: Omit<TrackDefinition, 'id'>): number {
    const id = this.nextTrack;
    this.nextTrack += 1;
    this.tracks.push({ ...track, id });
    return id;
  }

  /** Ends a chunk: copies what lies in it, and cuts a commit when there is enough. */
  endChunk(): void {
    for (const collector of this.dirty) collector.settle();
    if (this.pendingBytes >= CUT_BYTES && this.running === undefined) this.start();
  }

  /** True while so much waits that no more should be read. */
  get full(): boolean {
    return this.pendingBytes + this.inFlightBytes > FULL_BYTES;
  }

  /** True while a commit has been under way for so long that the store must be full, or away. */
  get stuck(): boolean {
    return this.running !== undefined && performance.now() - this.startedAt > STUCK_MS;
  }

  /** Calls back once, as soon as there is room again. */
  whenRoom(callback: () => void): void {
    this.waiting.add(callback);
  }

  /** Resolves when everything accepted before the call is durable. */
  async flush(): Promise<void> {
    for (const collector of this.dirty) collector.settle();
    await this.running;
    // The commit that ran may have started the next one, which then holds everything.
    if (this.running === undefined && this.waits) this.start();
    await this.running;
  }

  /** True while there is something to commit. */
  private get waits(): boolean {
    return this.dirty.size > 0 || this.commands.size > 0;
  }

  private arm(): void {
    const rest = this.startedAt + INTERVAL_MS - performance.now();
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.running === undefined) this.start();
    }, rest);
  }

  private start(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    this.startedAt = performance.now();
    this.running = this.commitAll().finally(() => {
      this.running = undefined;
      if (this.waits) this.pendingBytes >= CUT_BYTES ? this.start() : this.arm();
    });
  }

  private async commitAll(): Promise<void> {
    if (!this.waits) return;
    const cuts = [...this.dirty].map((collector) => collector.cut());
    this.dirty.clear();
    const answers = this.answers;
    const commands = [...this.commands.values()];
    this.inFlightBytes = this.pendingBytes;
    this.pendingBytes = 0;
    const batch = {
      blocks: cuts.flatMap((cut) => cut.blocks),
      tracks: this.tracks,
      points: this.points.take(),
      runs: cuts.map((cut) => cut.record),
      marks: cuts.flatMap((cut) => cut.marks),
      entries: this.entries,
      commands,
      warnings: this.warnings,
      deadLetters: this.deadLetters,
    };
    this.tracks = [];
    this.entries = [];
    this.commands.clear();
    this.warnings = [];
    this.deadLetters = [];
    this.answers = [];
    try {
      await this.store.commit(batch);
    } catch (error) {
      this.onFailure(XTrackError.from(error, 'XT_STORE_WRITE'), cuts);
      return;
    } finally {
      this.inFlightBytes = 0;
      this.release();
    }
    for (const cut of cuts) this.confirm(cut);
    for (const command of commands) this.bus.publish(command.runId, [{ type: 'command_changed', runId: command.runId, command }]);
    if (answers.length > 0) this.onAnswers(answers);
  }

  private release(): void {
    if (this.full || this.waiting.size === 0) return;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const callback of waiting) callback();
  }

  private confirm(cut: CollectorCut): void {
    cut.lanes.forEach((lane, index) => {
      const mark = cut.marks[index];
      if (mark === undefined) return;
      lane.durable = Math.max(lane.durable, mark.contiguous);
      lane.owner?.acknowledge(lane, lane.durable, undefined);
    });
    this.bus.publish(cut.record.runId, cut.items, cut.unheard);
  }
}
