// What can be told at no cost of an event that comes again: whether it is the one that came before under its number.

import type { TrackEvent } from '../protocol/index.js';

/** Events of one lane that are remembered: from the first, growing to the second. */
const SIZE = { first: 16, most: 512 } as const;
/** Of an event that is no metric, so many bytes at its end are looked at. */
const TAIL = 16;

/** The newest events of one lane, by their time and what they say. */
export class Stamps {
  private size: number = SIZE.first;
  private seqs = new Float64Array(SIZE.first);
  private times = new Float64Array(SIZE.first);
  private contents = new Float64Array(SIZE.first);

  /** Remembers an event whose frame ends at `end`. */
  note(event: TrackEvent, bytes: Uint8Array, end: number): void {
    if (event.seq > this.size && this.size < SIZE.most) this.grow();
    const at = event.seq & (this.size - 1);
    this.seqs[at] = event.seq;
    this.times[at] = event.ts;
    this.contents[at] = contentOf(event, bytes, end);
  }

  /** True where another event came under this number; false also where that is not known any more. */
  differs(event: TrackEvent, bytes: Uint8Array, end: number): boolean {
    const at = event.seq & (this.size - 1);
    if (this.seqs[at] !== event.seq) return false;
    return this.times[at] !== event.ts || !Object.is(this.contents[at], contentOf(event, bytes, end));
  }

  private grow(): void {
    const { seqs, times, contents } = this;
    this.size *= 2;
    this.seqs = new Float64Array(this.size);
    this.times = new Float64Array(this.size);
    this.contents = new Float64Array(this.size);
    for (let from = 0; from < seqs.length; from++) {
      const to = (seqs[from] as number) & (this.size - 1);
      this.seqs[to] = seqs[from] as number;
      this.times[to] = times[from] as number;
      this.contents[to] = contents[from] as number;
    }
  }
}

/** Not of all bytes: a frame with a checksum says the same as one without. */
function contentOf(event: TrackEvent, bytes: Uint8Array, end: number): number {
  if (event.type === 'metric') return event.value;
  let hash = 0;
  for (let at = Math.max(0, end - TAIL); at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return hash;
}
