// How fast one peer is read: not while its run is being loaded, the store is behind, the peer does not read its answers,
// or the memory for large frames is taken. And how long it may keep us waiting.

import { setTimeout as delay } from 'node:timers/promises';
import { type FrameDecoder, XTrackError } from '../../protocol/index.js';
import type { Collector } from '../../runtime/collector.js';
import type { Hub } from '../../runtime/hub.js';
import type { Admission, Connection } from '../transport.js';
import type { Answers } from './answers.js';
import { FREE_BYTES, type Tenant, takeRoom } from './frame-room.js';
import { pauseAfter } from './pace.js';

export interface IntakeOptions {
  readonly hub: Hub;
  readonly connection: Connection;
  readonly decoder: FrameDecoder;
  readonly answers: Answers;
  /** Resolves when no run has to be loaded. */
  readonly loaded: () => Promise<void>;
  readonly admission: Admission;
}

/** The reading half of one connection. */
export class Intake implements Tenant {
  private readonly options: IntakeOptions;
  private readonly deadlines = new Deadlines();
  private holding = false;
  private over = false;
  /** Set while the started frame waits for memory. */
  private room: Promise<void> | undefined;
  /** Bytes of the frame for which there is room, or that waits for it. */
  private started = 0;
  leave: (() => void) | undefined;
  /** Events of each run in this chunk, where their number is bounded. */
  private readonly events = new Map<Collector, number>();
  private pause: Promise<void> | undefined;

  constructor(options: IntakeOptions) {
    this.options = options;
  }

  /** An event of the run was taken. */
  count(collector: Collector): void {
    if (this.options.admission.maxEventsPerSecond !== undefined) this.events.set(collector, (this.events.get(collector) ?? 0) + 1);
  }

  /** After each chunk: whether to read on. */
  chunkTaken(): void {
    const { connection, decoder, hub, answers } = this.options;
    const { started } = decoder;
    this.deadlines.note(started > 0);
    if (connection.kind !== 'file' && connection.kind !== 'http') this.makeRoom(started);
    if (this.events.size > 0) this.slowDown();
    if (hub.journal.full || answers.full || this.room !== undefined || this.pause !== undefined) this.holdBack();
  }

  /** Reads no more until `ready`. */
  holdBack(): void {
    if (this.holding) return;
    this.holding = true;
    // A frame that we do not read does not keep us waiting.
    this.deadlines.note(false);
    this.options.connection.pause();
    void this.ready().then(() => {
      this.holding = false;
      if (this.over) return;
      this.deadlines.note(this.options.decoder.started > 0);
      this.options.connection.resume();
    });
  }

  /** Resolves when more can be taken. */
  async ready(): Promise<void> {
    const { hub, answers, loaded } = this.options;
    do {
      await loaded();
      await answers.read();
      await this.room;
      await this.pause;
      while (hub.journal.full) await new Promise<void>((resolve) => hub.journal.whenRoom(resolve));
    } while (answers.full || this.room !== undefined || this.pause !== undefined);
  }

  /** What the peer failed to do in time. `now`: ms of the monotonic clock. */
  overdue(now: number, needsHello: boolean): XTrackError | undefined {
    return this.options.answers.stalled(now) ?? this.deadlines.overdue(now, needsHello);
  }

  /** The peer is gone. */
  close(): void {
    this.over = true;
    this.leave?.();
  }

  private slowDown(): void {
    const { maxEventsPerSecond: rate = Number.POSITIVE_INFINITY } = this.options.admission;
    const now = performance.now();
    const pauses = Array.from(this.events, ([collector, events]) => pauseAfter(collector, events, rate, now));
    this.events.clear();
    const longest = Math.max(...pauses);
    if (longest <= 0 || this.pause !== undefined) return;
    this.pause = delay(longest, undefined, { ref: false }).then(() => {
      this.pause = undefined;
    });
  }

  private makeRoom(bytes: number): void {
    if (bytes <= FREE_BYTES) return void this.leave?.();
    if (this.room !== undefined || (bytes === this.started && this.leave !== undefined)) return;
    this.started = bytes;
    let grant: (() => void) | undefined;
    const granted = new Promise<void>((resolve) => {
      grant = resolve;
    }).then(() => {
      this.room = undefined;
    });
    if (!takeRoom(this, bytes, () => grant?.())) this.room = granted;
  }
}

/** A started frame must be complete, and a required hello must come, within this (ms). */
const FRAME_MS = 30_000;
const HELLO_MS = 5_000;

/** The clocks of one connection. */
export class Deadlines {
  private readonly openedAt = performance.now();
  private frameSince: number | undefined;

  /** After each chunk: whether a frame has been started and is not complete. */
  note(started: boolean): void {
    if (started) this.frameSince ??= performance.now();
    else this.frameSince = undefined;
  }

  /** What the peer failed to do in time. */
  overdue(now: number, needsHello: boolean): XTrackError | undefined {
    if (this.frameSince !== undefined && now - this.frameSince > FRAME_MS) return new XTrackError('XT_FRAME_TRUNCATED');
    return needsHello && now - this.openedAt > HELLO_MS ? new XTrackError('XT_HELLO_REQUIRED') : undefined;
  }
}
