// Which sequence numbers of one incarnation have arrived: tells new events from duplicates and knows every hole.
// The common case (the next number) costs one comparison. Of a duplicate it is known, at no cost, whether it is the event that came before.

import type { TrackEvent } from '../protocol/index.js';
import type { DeclaredGap, SeqRange } from '../storage/store.js';

/** More separate holes than this in one incarnation is an attack or a broken emitter, not loss. */
export const MAX_HOLES = 10_000;

/** A jump over more numbers than this is no loss: no emitter makes so many events between two that arrive. */
const FARTHEST = 2 ** 31;

/** Declared ranges kept per incarnation: of older ones nothing but their gap events is left, and what they name does not come any more. */
const MAX_DECLARED = 1_000;

export type SequenceVerdict = 'new' | 'duplicate' | 'too-many-holes';

export interface SequenceSnapshot {
  readonly contiguous: number;
  readonly beyond: readonly SeqRange[];
  /** Highest seq known to exist, where it has not arrived. */
  readonly expected?: number;
  readonly declared: readonly DeclaredGap[];
}

/** Index of the first range that ends at or after `seq`. */
function locate(ranges: readonly SeqRange[], seq: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as SeqRange).to < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Takes [from, to] out of sorted ranges; true when anything was in them. */
function subtract<R extends SeqRange>(ranges: R[], from: number, to: number): boolean {
  const at = locate(ranges, from);
  let end = at;
  const kept: R[] = [];
  while (end < ranges.length && (ranges[end] as R).from <= to) {
    const range = ranges[end] as R;
    if (range.from < from) kept.push({ ...range, to: from - 1 });
    if (range.to > to) kept.push({ ...range, from: to + 1 });
    end += 1;
  }
  if (end === at) return false;
  ranges.splice(at, end - at, ...kept);
  return true;
}

/** The arrivals of one incarnation, seq 1 upward. */
export class Sequence {
  /** Sorted, disjoint ranges below `highest` that never arrived and that nobody declared. */
  private readonly holes: SeqRange[] = [];
  /** Sorted ranges that the emitter (or the collector, after asking in vain) declared as lost. */
  private readonly declared: DeclaredGap[] = [];
  private highest = 0;

  /** Rebuilds what a snapshot holds. */
  static from(snapshot: SequenceSnapshot): Sequence {
    const sequence = new Sequence();
    let expected = snapshot.contiguous + 1;
    sequence.highest = snapshot.contiguous;
    for (const range of snapshot.beyond) {
      if (range.from > expected) sequence.holes.push({ from: expected, to: range.from - 1 });
      expected = range.to + 1;
      sequence.highest = range.to;
    }
    if (snapshot.expected !== undefined) sequence.expect(snapshot.expected);
    sequence.declared.push(...snapshot.declared);
    return sequence;
  }

  /** Records an arrival. */
  accept(seq: number): SequenceVerdict {
    if (seq === this.highest + 1) {
      this.highest = seq;
      return 'new';
    }
    if (seq > this.highest) {
      if (this.holes.length >= MAX_HOLES || seq - this.highest > FARTHEST) return 'too-many-holes';
      this.holes.push({ from: this.highest + 1, to: seq - 1 });
      this.highest = seq;
      return 'new';
    }
    if (subtract(this.holes, seq, seq) || subtract(this.declared, seq, seq)) return 'new';
    return 'duplicate';
  }

  /** The emitter says that it has made numbers up to `seq`: those that did not arrive are missing. */
  expect(seq: number): void {
    if (seq <= this.highest || this.holes.length >= MAX_HOLES || seq - this.highest > FARTHEST) return;
    this.holes.push({ from: this.highest + 1, to: seq });
    this.highest = seq;
  }

  /** The numbers in `gap` will not come: they stop holding back the acknowledgement. A late arrival still counts. */
  declare(gap: DeclaredGap): void {
    this.expect(gap.to);
    for (const hole of this.holesWithin(gap)) {
      const entry = { from: hole.from, to: hole.to, reason: gap.reason, counts: gap.counts };
      this.declared.splice(locate(this.declared, hole.from), 0, entry);
    }
    subtract(this.holes, gap.from, gap.to);
    if (this.declared.length > MAX_DECLARED) this.declared.splice(0, this.declared.length - MAX_DECLARED);
  }

  private holesWithin(range: SeqRange): SeqRange[] {
    const within: SeqRange[] = [];
    for (let at = locate(this.holes, range.from); at < this.holes.length; at += 1) {
      const hole = this.holes[at] as SeqRange;
      if (hole.from > range.to) break;
      within.push({ from: Math.max(hole.from, range.from), to: Math.min(hole.to, range.to) });
    }
    return within;
  }

  /** Every seq up to here has arrived or is declared lost. */
  get contiguous(): number {
    const hole = this.holes[0];
    return hole === undefined ? this.highest : hole.from - 1;
  }

  /** The first range that is missing and not declared. */
  get firstHole(): SeqRange | undefined {
    return this.holes[0];
  }

  /** Missing ranges that nobody declared, oldest first. */
  get missing(): readonly SeqRange[] {
    return this.holes;
  }

  get last(): number {
    return this.highest;
  }

  snapshot(): SequenceSnapshot {
    const beyond: SeqRange[] = [];
    for (let index = 0; index < this.holes.length; index += 1) {
      const from = (this.holes[index] as SeqRange).to + 1;
      const next = this.holes[index + 1];
      const to = next === undefined ? this.highest : next.from - 1;
      if (from <= to) beyond.push({ from, to });
    }
    const lostTail = this.holes.at(-1)?.to === this.highest ? { expected: this.highest } : {};
    return { contiguous: this.contiguous, beyond, declared: [...this.declared], ...lostTail };
  }
}

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
