// The streaming decoder of a worker's stream: chunks of bytes in, typed messages out, damage reported, never thrown.

import type { FieldWarning } from './conform.js';
import { readEnvelope } from './envelope.js';
import { XTrackError } from './errors.js';
import type { WorkerMessage } from './events.js';
import { FastMetricReader } from './frames/fast-metric.js';
import { CHECKSUM_BYTES } from './frames/frame-checksum.js';
import { type FrameHandler, FrameStream, type StreamMode } from './frames/frame-stream.js';
import { reading } from './frames/numbers.js';
import { HEADER_BYTES, LIMITS } from './limits.js';
import { oddNumber } from './odd-numbers.js';
import { claimedRunId, readMessage } from './read-message.js';

/** What can still be said about an event that was refused. */
export interface RefusedEvent {
  readonly runId: string | undefined;
  readonly worker: string;
  readonly incarnation: string;
  readonly seq: number | undefined;
  readonly wireType: string | undefined;
}

/** Where a decoder puts what it reads, in the order of the stream. */
export interface FrameSink {
  /** One frame. bytes[start, end) is the whole frame, its 4-byte length included; as it is until `chunkEnds`: whoever keeps it longer copies it. */
  message(message: WorkerMessage, bytes: Uint8Array, start: number, end: number, warnings: readonly FieldWarning[] | undefined): void;
  /** A well-formed frame whose event is refused alone (bad envelope, version, missing/wrong required field, run id). */
  refused(error: XTrackError, event: RefusedEvent, bytes: Uint8Array, start: number, end: number): void;
  /**
   * Bytes that are no frame: stream offset, length, why. `bytes` is valid during the call. In `recover` mode decoding goes
   * on after them; in `socket` mode the decoder has failed. On captured output these bytes are what the script printed.
   * Long ones come in pieces of at most 64 KiB.
   */
  skipped(error: XTrackError, offset: number, bytes: Uint8Array): void;
  /** Called last by each `push`: the bytes handed out are about to be used for something else. */
  chunkEnds?(): void;
}

export interface DecoderOptions {
  readonly mode: StreamMode;
  /** Bytes of JSON in one frame; 1 MiB unless said. */
  readonly maxFrame?: number;
  /** Numbers that a double does not hold are among the warnings. Default false. */
  readonly flagNumbers?: boolean;
}

/**
 * Reads frames from chunks of any size. Memory is bounded by about twice `maxFrame`, work is linear in the bytes.
 * Frames that lie whole in a chunk are delivered as ranges of that chunk; others from a scratch buffer.
 */
export class FrameDecoder {
  private readonly stream: FrameStream;

  constructor(sink: FrameSink, options: DecoderOptions) {
    this.stream = new FrameStream(
      new MessageHandler(sink, options.flagNumbers ?? false),
      options.mode,
      clampFrame(options.maxFrame ?? LIMITS.frame),
    );
  }

  /** The chunk's buffer may be used for something else once this returns. */
  push(chunk: Uint8Array): void {
    this.stream.push(chunk);
  }

  /** The stream is over; a started frame is reported as XT_FRAME_TRUNCATED. */
  end(): void {
    this.stream.end();
  }

  /** The limit that `hello` negotiated, in bytes; clamped to the hard limit of 16 MiB. A checksum does not count. */
  setMaxFrame(bytes: number, checksums = false): void {
    this.stream.maxFrame = clampFrame(bytes) + (checksums ? CHECKSUM_BYTES : 0);
  }

  /** The peer sends checksums: from the first frame with one on, a frame without is damage; `sparing`: unless it is a plain metric. */
  requireChecksums(sparing = false): void {
    this.stream.requireChecksums = true;
    this.stream.sparing = sparing;
  }

  /** Stream offset of the first byte that is neither delivered nor reported. Exact between calls of `push`. */
  get offset(): number {
    return this.stream.offset;
  }

  /** True once a socket stream is damaged: nothing more is read. */
  get failed(): boolean {
    return this.stream.failed;
  }

  /** Bytes of a started frame (or of input being searched for one). */
  get pending(): number {
    return this.stream.pending;
  }

  /** Bytes that the started frame will have, its length included; 0: none. */
  get started(): number {
    return this.stream.started;
  }

  /** Bytes walked outside the fast path, to show that hostile input costs linear work. */
  get work(): number {
    return this.stream.work;
  }
}

function clampFrame(bytes: number): number {
  return Math.min(Math.max(bytes, 2), LIMITS.frameHard);
}

class MessageHandler implements FrameHandler {
  private readonly sink: FrameSink;
  private readonly metrics = new FastMetricReader();

  private readonly flagNumbers: boolean;

  constructor(sink: FrameSink, flagNumbers: boolean) {
    this.sink = sink;
    this.flagNumbers = flagNumbers;
  }

  fast(bytes: Uint8Array, start: number, end: number, checked: boolean): boolean {
    const metric = this.metrics.read(bytes, start + HEADER_BYTES, end, checked);
    if (metric === undefined) return false;
    this.sink.message(metric, bytes, start, end, undefined);
    return true;
  }

  frame(json: Record<string, unknown>, bytes: Uint8Array, start: number, end: number, oddNumbers: boolean): void {
    reading.unsafe = false;
    const envelope = readEnvelope(json);
    const result = envelope instanceof XTrackError ? envelope : readMessage(envelope, end - start - HEADER_BYTES);
    if (result instanceof XTrackError) this.sink.refused(result, describe(json), bytes, start, end);
    else {
      const odd = this.flagNumbers && (oddNumbers || reading.unsafe) ? oddNumber(bodyText(bytes, start, end), reading.unsafe) : undefined;
      const warnings = odd === undefined ? result.warnings : [...(result.warnings ?? []), odd];
      this.sink.message(result.message, bytes, start, end, warnings);
    }
  }

  skipped(error: XTrackError, offset: number, bytes: Uint8Array): void {
    this.sink.skipped(error, offset, bytes);
  }

  chunkEnds(): void {
    this.sink.chunkEnds?.();
  }
}

const lenient = new TextDecoder();

function bodyText(bytes: Uint8Array, start: number, end: number): string {
  return lenient.decode(bytes.subarray(start + HEADER_BYTES, end));
}

function describe(json: Record<string, unknown>): RefusedEvent {
  const meta = (json.m ?? {}) as Record<string, unknown>;
  return {
    runId: claimedRunId(json.p),
    worker: typeof meta.wid === 'string' ? meta.wid : '',
    incarnation: typeof meta.inc === 'string' ? meta.inc : '',
    seq: Number.isSafeInteger(meta.seq) ? (meta.seq as number) : undefined,
    wireType: typeof json.t === 'string' ? json.t : undefined,
  };
}
