// What is on its way to a collector: sent, not yet acknowledged, and within the window that the collector names.

import type { Welcome } from '../../protocol/collector-messages.js';
import type { Batch, Cursor } from '../event-queue.js';

/** What may be unacknowledged until the collector says. */
const FIRST_WINDOW: Welcome['window'] = { events: 20_000, bytes: 4 * 1024 ** 2 };

export class InFlight {
  /** Number up to which every event is durable. */
  acked = 0;
  /** Next event to send. */
  cursor: Cursor = { seq: 1, offset: 0 };
  /** False for a collector that never acknowledges: then there is no window, and what was sent is not remembered. */
  expectsAcks = true;
  #window = FIRST_WINDOW;
  /** In order: the last number of each batch and the place after it. */
  #sent: Pick<Batch, 'lastSeq' | 'next'>[] = [];
  #ackedOffset = 0;
  /** `performance.now()` of the last progress, or of the first batch that waits for some. */
  #since = 0;

  get isEmpty(): boolean {
    return this.cursor.seq - 1 <= this.acked;
  }

  /** Events that may be sent now. */
  get allowance(): number {
    if (!this.expectsAcks) return Number.POSITIVE_INFINITY;
    if (this.cursor.offset - this.#ackedOffset >= this.#window.bytes) return 0;
    return this.#window.events - (this.cursor.seq - 1 - this.acked);
  }

  /** `performance.now()` since when acks are overdue; infinite when none is expected. */
  get waitingSince(): number {
    return this.expectsAcks && !this.isEmpty ? this.#since : Number.POSITIVE_INFINITY;
  }

  /** At least one event is always let out, whatever the collector names. */
  setWindow(window: Welcome['window']): void {
    this.#window = { events: Math.max(1, window.events), bytes: Math.max(1, window.bytes) };
  }

  sent(batch: Batch): void {
    if (this.isEmpty) this.#since = performance.now();
    this.cursor = batch.next;
    if (this.expectsAcks) this.#sent.push({ lastSeq: batch.lastSeq, next: batch.next });
  }

  /** Sending goes on from here, as nothing before it is on its way any more. */
  restart(cursor: Cursor): void {
    this.#sent = [];
    this.cursor = cursor;
    this.#ackedOffset = cursor.offset;
  }

  /** Everything up to `seq` is durable; `seq` is below the cursor. Returns the place before which nothing is needed any more, where it moved. */
  acknowledge(seq: number): Cursor | null {
    this.acked = seq;
    this.#since = performance.now();
    const passed = this.#sent.findIndex((batch) => batch.lastSeq > seq);
    const done = this.#sent.splice(0, passed === -1 ? this.#sent.length : passed);
    // Not every batch is remembered: the cursor too is a place that is known.
    const free = this.isEmpty ? this.cursor : (done.at(-1)?.next ?? null);
    if (free !== null) this.#ackedOffset = free.offset;
    return free;
  }
}
