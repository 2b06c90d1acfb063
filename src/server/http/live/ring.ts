// The newest items of the stream, kept once for all clients: each only remembers how far it has read, so that a client that does not
// read costs nothing, and one that comes back goes on where it was.

import type { RunAccess } from './access.js';

/** One item, or the word that some were missed. */
export interface RingEntry {
  /** Its place among all that were ever pushed, from 0. */
  readonly number: number;
  readonly type: string;
  readonly runId: string;
  /** JSON. */
  readonly text: string;
  /** Who may hear of it, as of now: the object changes when the run is moved or published. */
  readonly access: RunAccess;
  /** Equal in items of which only the newest matters. */
  readonly series: string | undefined;
}

export interface RingLimits {
  readonly items: number;
  /** Characters of JSON, nearly all of which are one byte. */
  readonly size: number;
}

/** Numbers its entries 0, 1, 2 … for as long as it lives; the oldest go when it is full. */
export class LiveRing {
  private entries: (RingEntry | undefined)[] = [];
  private starts: number[] = [];
  private head = 0;
  private dropped = 0;
  private written = 0;
  private readonly limits: RingLimits;

  constructor(limits: RingLimits) {
    this.limits = limits;
  }

  /** Number of the oldest entry that is still there. */
  get first(): number {
    return this.dropped;
  }

  /** Number that the next entry will get. */
  get end(): number {
    return this.dropped + this.entries.length - this.head;
  }

  push(entry: Omit<RingEntry, 'number'>): void {
    this.entries.push({ ...entry, number: this.end });
    this.starts.push(this.written);
    this.written += entry.text.length;
    while (this.end - this.first > this.limits.items || this.sizeSince(this.first) > this.limits.size) this.drop();
  }

  get(number: number): RingEntry {
    return this.entries[this.head + number - this.dropped] as RingEntry;
  }

  /** Characters of the entries from `number` on. */
  sizeSince(number: number): number {
    return number >= this.end ? 0 : this.written - (this.starts[this.head + number - this.dropped] as number);
  }

  private drop(): void {
    this.entries[this.head] = undefined;
    this.head += 1;
    this.dropped += 1;
    if (this.head < 1024 || this.head * 2 < this.entries.length) return;
    this.entries = this.entries.slice(this.head);
    this.starts = this.starts.slice(this.head);
    this.head = 0;
  }
}
