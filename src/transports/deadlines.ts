// How long a peer may keep a connection waiting. Times: ms of the monotonic clock.

import { XTrackError } from '../protocol/index.js';

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
