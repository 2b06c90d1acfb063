// How fast one peer is read: not while its run is being loaded, the store is behind, the peer does not read its answers,
// or the memory for large frames is taken. And how long it may keep us waiting.

import type { FrameDecoder, XTrackError } from '../protocol/index.js';
import type { Hub } from '../runtime/hub.js';
import type { Answers } from './answers.js';
import { Deadlines } from './deadlines.js';
import { FREE_BYTES, type Tenant, takeRoom } from './frame-room.js';
import type { Connection } from './transport.js';

export interface IntakeOptions {
  readonly hub: Hub;
  readonly connection: Connection;
  readonly decoder: FrameDecoder;
  readonly answers: Answers;
  /** Resolves when no run has to be loaded. */
  readonly loaded: () => Promise<void>;
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

  constructor(options: IntakeOptions) {
    this.options = options;
  }

  /** After each chunk: whether to read on. */
  chunkTaken(): void {
    const { connection, decoder, hub, answers } = this.options;
    const { started } = decoder;
    this.deadlines.note(started > 0);
    if (connection.kind !== 'file' && connection.kind !== 'http') this.makeRoom(started);
    if (hub.journal.full || answers.full || this.room !== undefined) this.holdBack();
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
      while (hub.journal.full) await new Promise<void>((resolve) => hub.journal.whenRoom(resolve));
    } while (answers.full || this.room !== undefined);
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
