// Numbers events, puts their frames into the spool, and finds them again by number: what is sent, and sent again, comes from here.

import { encodeEvent } from '../protocol/encode.js';
import type { EventBase, TrackEvent } from '../protocol/events.js';
import { HEADER_BYTES, LIMITS } from '../protocol/limits.js';
import type { Spool } from './delivery/spool.js';

/** An event without its identity and time, which the queue gives. */
export type EventBody = TrackEvent extends infer Event ? (Event extends TrackEvent ? Omit<Event, keyof EventBase> : never) : never;

export type Identity = Pick<EventBase, 'runId' | 'worker' | 'incarnation'>;

/** Whole frames that follow each other. */
export interface Batch {
  readonly bytes: Uint8Array;
  /** Number of the last event in `bytes`. */
  readonly lastSeq: number;
  /** What follows: its number jumps where events were dropped. */
  readonly next: Cursor;
}

/** A place in the spool and the number of the event that begins there. */
export interface Cursor {
  readonly seq: number;
  readonly offset: number;
}

/** Events between two remembered places: the bound on the search for one. */
const MARK_EVERY = 512;
/** Share of the spool that metrics, logs and the like may fill; the rest is kept for what tells the run's story. */
const BULK_SHARE = 0.9;
const BULK: ReadonlySet<TrackEvent['type']> = new Set(['metric', 'metric_batch', 'log', 'status']);
/** Bytes read at once: also the largest piece handed to a socket but for one large frame. */
const READ_BYTES = 128 * 1024;

export class EventQueue {
  readonly #identity: Identity;
  readonly #spool: Spool;
  #lastSeq = 0;
  /** Every few hundred events, in order; the first one is the first event that is kept. */
  #marks: Cursor[] = [];
  /** The events right after a hole in the numbers. Empty unless the spool was full. */
  #jumps: Cursor[] = [];
  /** What was dropped since the last event that found room. */
  readonly #losses = new Losses();
  /** What has come since the last moment at which the file held everything. */
  readonly #unsaved = new Losses();

  constructor(identity: Identity, spool: Spool) {
    this.#identity = identity;
    this.#spool = spool;
  }

  /** Number of the newest event. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Place after the newest event. */
  get end(): number {
    return this.#spool.end;
  }

  /**
   * Numbers and keeps events, in one write; the bodies become the queue's own. One that finds no room, or is over the frame limit, takes its number all the same, so that a
   * `gap` event can say exactly what is missing. Returns false when anything was dropped.
   */
  append(bodies: readonly EventBody[]): boolean {
    // Where events were dropped before, the declaration goes in together with the event that finds room again.
    const all = this.#losses.isEmpty ? bodies : [this.#losses.declaration(this.#lastSeq), ...bodies];
    const frames = all.map((body, index) => this.#encode(body, this.#lastSeq + 1 + index));
    const fits = frames.every((frame) => frame.length - HEADER_BYTES <= LIMITS.frame);
    const share = bodies.length > 0 && bodies.every((body) => BULK.has(body.type)) ? BULK_SHARE : 1;
    const start = { seq: this.#lastSeq + 1, offset: this.#spool.end };
    if (fits && this.#spool.append(joined(frames), share)) {
      this.#mark(start);
      this.#lastSeq += all.length;
      this.#note(all);
      return true;
    }
    if (bodies.length > 1) return bodies.reduce((kept, body) => this.append([body]) && kept, true);
    for (const { type } of bodies) this.#losses.add(type, fits ? 'spool_full' : 'frame_too_large');
    this.#lastSeq += bodies.length;
    this.#note(bodies);
    if (!fits) this.declare();
    return false;
  }

  /** Says what was dropped as soon as there is room for that, without waiting for the next event. Returns whether anything was said. */
  declare(): boolean {
    return !this.#losses.isEmpty && this.append([]);
  }

  /** Frames from a place on: at most `events` of them and about READ_BYTES; null when there is none. */
  read(cursor: Cursor, events: number): Batch | null {
    // Who had sent everything knows the number that came next then; where that was dropped, another event stands in its place.
    const from = this.#jumps.find(({ seq, offset }) => offset === cursor.offset && seq > cursor.seq) ?? cursor;
    // Numbers are counted, so a batch must not reach over a hole in them.
    const jump = this.#jumps.find((place) => place.offset > from.offset);
    const most = jump === undefined ? Number.POSITIVE_INFINITY : jump.offset - from.offset;
    let bytes = this.#spool.read(from.offset, Math.min(most, READ_BYTES));
    const needed = frameBytes(bytes, 0);
    if (needed > bytes.length) bytes = this.#spool.read(from.offset, needed);
    const { count, length } = walk(bytes, events);
    if (count === 0) return null;
    const end = from.offset + length;
    const next = end === jump?.offset ? jump : { seq: from.seq + count, offset: end };
    return { bytes: bytes.subarray(0, length), lastSeq: from.seq + count - 1, next };
  }

  /** Where an event begins, or the nearest one after it that is still kept. */
  locate(seq: number): Cursor {
    let cursor = this.#marks[0] ?? { seq: this.#lastSeq + 1, offset: this.#spool.end };
    for (const mark of this.#marks) {
      if (mark.seq > seq) break;
      cursor = mark;
    }
    while (cursor.seq < seq) {
      const batch = this.read(cursor, seq - cursor.seq);
      if (batch === null) break;
      cursor = batch.next;
    }
    return cursor;
  }

  /** Number of the first event that can still be sent. */
  get firstSeq(): number {
    return this.#marks[0]?.seq ?? this.#lastSeq + 1;
  }

  /** Everything before the cursor is acknowledged. */
  free(cursor: Cursor): void {
    this.#spool.free(cursor.offset);
    const start = this.#spool.start;
    const kept = this.#marks.findIndex((mark) => mark.offset >= start);
    this.#marks.splice(0, kept === -1 ? this.#marks.length : kept);
    const first = this.#marks[0]?.offset ?? this.#spool.end;
    if (cursor.offset >= start && cursor.offset < first) this.#marks.unshift(cursor);
    if (this.#jumps.length > 0) this.#jumps = this.#jumps.filter((jump) => jump.offset >= start);
  }

  #encode(body: EventBody, seq: number): Uint8Array {
    return encodeEvent(this.#identify(body, seq));
  }

  /** Completes the body in place: it was made for this call alone, and a copy would cost as much as its encoding. */
  #identify(body: EventBody, seq: number): TrackEvent {
    const event = body as unknown as { -readonly [Field in keyof EventBase]: EventBase[Field] };
    event.runId = this.#identity.runId;
    event.worker = this.#identity.worker;
    event.incarnation = this.#identity.incarnation;
    event.seq = seq;
    event.ts = nowMicros();
    return body as TrackEvent;
  }

  #mark(start: Cursor): void {
    const last = this.#marks.at(-1);
    const jumped = !this.#losses.isEmpty;
    if (jumped) this.#jumps.push(start);
    if (jumped || last === undefined || start.seq - last.seq >= MARK_EVERY) this.#marks.push(start);
    this.#losses.clear();
  }

  /**
   * What is not in the file now (dropped, or in memory alone) would be lost with the process and nobody would know: behind the file's last event lies a `gap` that
   * declares it, written anew with each such event and overwritten by the events themselves once the file takes them.
   */
  #note(bodies: readonly EventBody[]): void {
    if (this.#losses.isEmpty && this.#spool.inFile) {
      this.#unsaved.clear();
      return;
    }
    const reason = this.#losses.isEmpty ? 'spool_unwritable' : this.#losses.reason;
    for (const { type } of bodies) this.#unsaved.add(type, reason);
    this.#spool.note(this.#encode(this.#unsaved.declaration(this.#lastSeq), this.#lastSeq + 1));
  }
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  const only = frames[0];
  return frames.length === 1 && only !== undefined ? only : Buffer.concat(frames);
}

/** Bytes of the frame that begins at `offset`, header included; 0 when its header is not all there. */
function frameBytes(bytes: Uint8Array, offset: number): number {
  const [a, b, c, d] = bytes.subarray(offset, offset + HEADER_BYTES);
  if (a === undefined || b === undefined || c === undefined || d === undefined) return 0;
  return HEADER_BYTES + a * 0x1000000 + ((b << 16) | (c << 8) | d);
}

/** How many whole frames lie at the beginning, up to `most`, and how long they are together. */
function walk(bytes: Uint8Array, most: number): { count: number; length: number } {
  let count = 0;
  let length = 0;
  while (count < most) {
    const next = frameBytes(bytes, length);
    if (next === 0 || length + next > bytes.length) break;
    length += next;
    count += 1;
  }
  return { count, length };
}

/**
 * Events that follow each other and are missing: how many of which type, and why; said as one `gap` event.
 *
 * @public a bug is planted into it by the simulation
 */
export class Losses {
  readonly #counts = new Map<string, number>();
  #total = 0;
  #reason = '';

  get isEmpty(): boolean {
    return this.#total === 0;
  }

  /** Why; more than one reason is separated by commas. */
  get reason(): string {
    return this.#reason;
  }

  /** The next number belongs to an event of this type. */
  add(type: string, reason: string): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    this.#total += 1;
    if (!this.#reason.split(', ').includes(reason)) this.#reason += this.#reason === '' ? reason : `, ${reason}`;
  }

  clear(): void {
    if (this.#total === 0) return;
    this.#counts.clear();
    this.#total = 0;
    this.#reason = '';
  }

  /** The `gap` for them; `last` is the number of the last one. */
  declaration(last: number): EventBody {
    return { type: 'gap', from: last - this.#total + 1, to: last, reason: this.#reason, counts: Object.fromEntries(this.#counts) };
  }
}

/** Microseconds that the two clocks may drift apart (suspend, NTP step) before the stamp follows the wall clock again. */
const DRIFT = 2000;

/** The system clock gives milliseconds, the monotonic one fills in the rest. */
let clockOffset = Date.now() * 1000 - performance.now() * 1000;

/** Integer microseconds since the Unix epoch; may step back when the system clock does. */
function nowMicros(): number {
  const elapsed = performance.now() * 1000;
  const wall = Date.now() * 1000;
  if (Math.abs(clockOffset + elapsed - wall) > DRIFT) clockOffset = wall - elapsed;
  return Math.trunc(clockOffset + elapsed);
}
