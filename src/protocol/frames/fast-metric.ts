// The hot path: metric and metric_batch in the shape that our emitters write, read from bytes without JSON.parse.
// Whatever is unusual gives undefined and goes the general way; a property test holds both ways equal on any input.

import { conform, type FieldWarning, Problem } from '../conform.js';
import type { Metric, MetricBatch, MetricContext } from '../events.js';
import { LIMITS } from '../limits.js';
import { isRunId } from '../run-id.js';
import { Context } from '../schemas.js';
import { context, makeBatch, makeMetric, type WireContext } from '../wire-to-event.js';
import { FastNumber } from './fast-number.js';
import { bytesPattern, type Pattern, standsAt, TextMemory, textPattern } from './fast-text.js';
import { CHECKSUM_BYTES, PLAIN_START } from './frame-checksum.js';

const START = textPattern('{"v":1,"t":"metric');
/** The same without `{"v":1,`, which a checksum stands behind. */
const TYPE = textPattern('"t":"metric');
const METRIC = textPattern('","m":{"seq":');
const BATCH = textPattern('_batch","m":{"seq":');
const TIME = textPattern(',"ts":');
const KEY = textPattern('key":"');
const VALUE = textPattern('","value":');
const METRICS = textPattern('metrics":{');
const STEP = textPattern(',"step":');
const EPOCH = textPattern(',"epoch":');
const CONTEXT = textPattern(',"ctx":');

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const CLOSE = 0x7d;

/** From behind `ts` to the payload's second key. Escapes and anything beyond ASCII are left to JSON.parse. */
const originPattern = /^(?:,"wid":"([ !#-[\]-~]{0,128})")?(?:,"inc":"([ !#-[\]-~]{0,64})")?\},"p":\{"run_id":"([A-Za-z0-9._:-]{1,128})","/;
const LONGEST_ORIGIN = 400;
/** Bytes of a `ctx` that is remembered: too few to nest deeper than a frame may. */
const LONGEST_CONTEXT = 120;
/** Senders and contexts remembered per connection; beyond, the oldest is forgotten. */
const REMEMBERED = 16;

/** Who sends: constant over the life of a connection, so it is compared, not parsed. */
interface Origin {
  readonly pattern: Pattern;
  readonly worker: string;
  readonly incarnation: string;
  readonly runId: string;
}

interface KnownContext {
  readonly pattern: Pattern;
  readonly context: MetricContext;
}

const lenient = new TextDecoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads metrics of one connection; remembers its constant parts, within bounds. */
export class FastMetricReader {
  private readonly number = new FastNumber();
  private readonly keys = new TextMemory();
  private readonly origins: Origin[] = [];
  private readonly contexts: KnownContext[] = [];
  private origin: Origin | undefined;
  private step: number | undefined;
  private epoch: number | undefined;
  private context: MetricContext | undefined;

  private bytes: Uint8Array | undefined;
  private view: DataView = new DataView(new ArrayBuffer(0));

  /** The message whose JSON is bytes[start, end), or undefined where the general way must read it. `checked`: it carries a checksum, the right one. */
  read(bytes: Uint8Array, start: number, end: number, checked = false): Metric | MetricBatch | undefined {
    if (bytes !== this.bytes) this.look(bytes);
    // A checksum that was found right stands in its place, whole.
    const from = checked ? start + CHECKSUM_BYTES : start;
    if (checked ? !standsAt(this.view, from + PLAIN_START, TYPE) : !standsAt(this.view, start, START)) return undefined;
    let at = from + START.length;
    const single = bytes[at] === QUOTE;
    const word = single ? METRIC : BATCH;
    if (!standsAt(this.view, at, word)) return undefined;
    at = this.number.readCount(bytes, at + word.length);
    const seq = this.number.value;
    if (at < 0 || seq === 0 || !standsAt(this.view, at, TIME)) return undefined;
    at = this.number.readCount(bytes, at + TIME.length);
    if (at < 0) return undefined;
    const ts = this.number.value;
    const origin = this.readOrigin(bytes, at, end);
    if (origin === undefined) return undefined;
    at += origin.pattern.length;
    return single ? this.readMetric(bytes, at, end, origin, seq, ts) : this.readBatch(bytes, at, end, origin, seq, ts);
  }

  private look(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private readMetric(bytes: Uint8Array, from: number, end: number, origin: Origin, seq: number, ts: number): Metric | undefined {
    if (!standsAt(this.view, from, KEY)) return undefined;
    let at = this.keys.read(bytes, from + KEY.length, end);
    if (at < 0 || !standsAt(this.view, at, VALUE)) return undefined;
    const key = this.keys.text;
    at = this.number.readNumber(bytes, at + VALUE.length);
    if (at < 0) return undefined;
    const value = this.number.value;
    if (!this.readTail(bytes, at, end)) return undefined;
    return makeMetric(origin.runId, origin.worker, origin.incarnation, seq, ts, key, value, this.step, this.epoch, this.context);
  }

  private readBatch(bytes: Uint8Array, from: number, end: number, origin: Origin, seq: number, ts: number): MetricBatch | undefined {
    if (!standsAt(this.view, from, METRICS)) return undefined;
    const metrics = new Map<string, number>();
    let at = from + METRICS.length;
    do {
      const first = bytes[at + 1] as number;
      // JSON.parse puts keys that look like array indices first: leave the order to it.
      if (bytes[at] !== QUOTE || (first >= 0x30 && first <= 0x39)) return undefined;
      at = this.keys.read(bytes, at + 1, end);
      if (at < 0 || bytes[at + 1] !== COLON) return undefined;
      const key = this.keys.text;
      at = this.number.readNumber(bytes, at + 2);
      if (at < 0) return undefined;
      metrics.set(key, this.number.value);
    } while (bytes[at++] === COMMA);
    if (bytes[at - 1] !== CLOSE || metrics.size > LIMITS.entries || !this.readTail(bytes, at, end)) return undefined;
    return makeBatch(origin.runId, origin.worker, origin.incarnation, seq, ts, metrics, this.step, this.epoch, this.context);
  }

  /** step, epoch and ctx, in this order, each optional, up to the two braces that end the frame. */
  private readTail(bytes: Uint8Array, from: number, end: number): boolean {
    let at = from;
    this.step = undefined;
    this.epoch = undefined;
    this.context = undefined;
    if (standsAt(this.view, at, STEP)) {
      at = this.number.readInteger(bytes, at + STEP.length);
      if (at < 0) return false;
      this.step = this.number.value;
    }
    if (standsAt(this.view, at, EPOCH)) {
      at = this.number.readNumber(bytes, at + EPOCH.length);
      if (at < 0 || !Number.isFinite(this.number.value)) return false;
      this.epoch = this.number.value;
    }
    if (standsAt(this.view, at, CONTEXT)) {
      at += CONTEXT.length;
      this.context = this.readContext(bytes, at, end - 2);
      if (this.context === undefined) return false;
      at = end - 2;
    }
    return at === end - 2 && bytes[at] === CLOSE && bytes[at + 1] === CLOSE;
  }

  private readOrigin(bytes: Uint8Array, at: number, end: number): Origin | undefined {
    if (this.origin !== undefined && standsAt(this.view, at, this.origin.pattern)) return this.origin;
    this.origin = this.origins.find((known) => standsAt(this.view, at, known.pattern)) ?? learnOrigin(bytes, at, end);
    if (this.origin !== undefined) remember(this.origins, this.origin);
    return this.origin;
  }

  private readContext(bytes: Uint8Array, from: number, to: number): MetricContext | undefined {
    for (const known of this.contexts) {
      if (known.pattern.length === to - from && standsAt(this.view, from, known.pattern)) return known.context;
    }
    const learned = learnContext(bytes, from, to);
    if (learned !== undefined) remember(this.contexts, learned);
    return learned?.context;
  }
}

function remember<T>(list: T[], item: T): void {
  if (list.includes(item)) return;
  if (list.length === REMEMBERED) list.shift();
  list.push(item);
}

function learnOrigin(bytes: Uint8Array, from: number, end: number): Origin | undefined {
  const found = originPattern.exec(lenient.decode(bytes.subarray(from, Math.min(end, from + LONGEST_ORIGIN))));
  if (found === null || !isRunId(found[3])) return undefined;
  return { pattern: textPattern(found[0]), worker: found[1] ?? '', incarnation: found[2] ?? '', runId: found[3] };
}

function learnContext(bytes: Uint8Array, from: number, to: number): KnownContext | undefined {
  if (to - from < 4 || to - from > LONGEST_CONTEXT) return undefined;
  const copy = bytes.slice(from, to);
  try {
    const warnings: FieldWarning[] = [];
    const wire = conform(Context, JSON.parse(strict.decode(copy)), 'p.ctx', warnings);
    if (wire instanceof Problem || warnings.length > 0) return undefined;
    return { pattern: bytesPattern(copy), context: Object.freeze(context(wire as WireContext)) };
  } catch {
    return undefined;
  }
}
