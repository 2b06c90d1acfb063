// Recorded event logs: read as a stream of frames, or replayed into the control plane at any speed.

import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { givenBack } from '../../protocol/frames/given-back.js';
import {
  assertRunId,
  encodeEvent,
  type FieldWarning,
  FrameDecoder,
  type FrameSink,
  LIMITS,
  type RefusedEvent,
  type WorkerMessage,
  XTrackError,
} from '../../protocol/index.js';
import type { Hub } from '../../runtime/hub.js';
import { Session } from '../session/session.js';
import type { Connection } from '../transport.js';
import { SpoolChecksums, type SpoolPiece } from './spool-checksums.js';

const CHUNK_BYTES = 256 * 1024;
/** Replay in real time never sleeps longer than this (ms): a pause of days in a recording is no use to anybody. */
const LONGEST_PAUSE_MS = 60_000;

export interface ReplayOptions {
  /** `instant` (default), `realtime` (as recorded), or a factor: 10 is ten times as fast as recorded. */
  readonly speed?: 'instant' | 'realtime' | number;
  /** Put every event into this run instead of the recorded one. */
  readonly runId?: string;
  readonly signal?: AbortSignal;
}

export interface ReplayReport {
  readonly runIds: readonly string[];
  readonly events: number;
  /** Events that were known already. */
  readonly duplicates: number;
  readonly refused: number;
  /** Bytes that are no frame. */
  readonly skippedBytes: number;
  /** Places in a spool file where a record does not match its checksum. */
  readonly damaged: number;
  /** A half-written last frame: where it begins and how many bytes of it there are. */
  readonly truncated: { readonly offset: number; readonly bytes: number } | null;
}

async function* readChunks(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: Error) => {
    throw new XTrackError('XT_FILE', { detail: `cannot open ${path}: ${error.message}`, cause: error });
  });
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    // A spool file is allocated ahead and ends in zeros: those at the end of the file are no part of the stream.
    let zeros = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      const used = usedLength(buffer.subarray(0, bytesRead));
      if (used > 0) {
        for (; zeros > 0; zeros -= Math.min(zeros, CHUNK_BYTES)) yield Buffer.alloc(Math.min(zeros, CHUNK_BYTES));
        yield buffer.subarray(0, used);
        givenBack(buffer);
      }
      zeros += bytesRead - used;
    }
  } finally {
    await file.close();
  }
}

/** A spool file with checksums as its whole frames and its damage; any other file as it comes. */
async function* readPieces(path: string, signal: AbortSignal | undefined): AsyncGenerator<SpoolPiece> {
  const pieces = await (await SpoolChecksums.beside(path))?.read(path);
  if (pieces === undefined) {
    for await (const bytes of readChunks(path, signal)) yield { offset: 0, bytes, error: undefined };
    return;
  }
  for (const piece of pieces) {
    signal?.throwIfAborted();
    yield piece;
  }
}

/** Length without the zeros at the end: a spool file is allocated ahead, and they are no part of it. */
export function usedLength(bytes: Uint8Array): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return length;
}

/** Every frame of a recorded file, damage included, without storing anything. Errors: XT_FILE. */
export async function* streamFile(path: string, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<FileItem> {
  const gathering = new Gathering();
  const decoder = new FrameDecoder(gathering, { mode: 'recover', maxFrame: LIMITS.frameHard, flagNumbers: true });
  for await (const { offset, bytes, error } of readPieces(path, options.signal)) {
    if (error === undefined) decoder.push(bytes);
    else gathering.skipped(error, offset, bytes);
    yield* gathering.take();
  }
  decoder.end();
  yield* gathering.take();
}

const FILE_CONNECTION: Connection = {
  kind: 'file',
  send: () => true,
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
};

/**
 * Replays a recorded file and resolves when everything in it is durable. Errors: XT_FILE, XT_RUN_ID; XT_RUN_OWNED, XT_RUN_CHANGED,
 * XT_STORE_WRITE where it is not.
 */
export async function replayFile(hub: Hub, path: string, options: ReplayOptions = {}): Promise<ReplayReport> {
  if (options.runId !== undefined) assertRunId(options.runId);
  let truncated: ReplayReport['truncated'] = null;
  let damaged = 0;
  const session = new Session({
    hub,
    connection: FILE_CONNECTION,
    mode: 'recover',
    admission: { allowV1: true, allowControl: true, ...(options.runId === undefined ? {} : { runId: options.runId }) },
    onSkipped: (error, offset, length) => {
      if (error.code === 'XT_FRAME_TRUNCATED') truncated = { offset, bytes: length };
      if (error.code === 'XT_SPOOL_DAMAGED') damaged += 1;
    },
  });
  const speed = options.speed ?? 'instant';
  if (speed === 'instant' && options.runId === undefined) {
    for await (const { offset, bytes, error } of readPieces(path, options.signal)) {
      if (error === undefined) session.receive(bytes);
      else session.skipped(error, offset, bytes);
      await session.ready();
    }
  } else {
    await replayPaced(hub, session, path, { ...options, speed });
  }
  session.closed();
  await session.ready();
  await hub.journal.flush(...session.runIds);
  if (session.failure !== undefined) throw session.failure;
  const { events, duplicates, refused, skippedBytes } = session.counts;
  return { runIds: [...session.runIds], events, duplicates, refused, skippedBytes, damaged, truncated };
}

async function replayPaced(
  hub: Hub,
  session: Session,
  path: string,
  options: ReplayOptions & { speed: 'instant' | 'realtime' | number },
): Promise<void> {
  const pace = new Pace(options.speed);
  const delayOptions = options.signal === undefined ? {} : { signal: options.signal };
  for await (const item of streamFile(path, options)) {
    const pause = item.kind === 'message' && 'ts' in item.message ? pace.before(item.message.ts) : 0;
    if (pause >= 1) await delay(pause, undefined, delayOptions);
    deliver(session, item, options.runId);
    hub.journal.endChunk();
    await session.ready();
  }
}

/** How long to wait before each event so that the recording's own rhythm is kept. */
class Pace {
  private readonly factor: number;
  private previous: number | undefined;

  constructor(speed: 'instant' | 'realtime' | number) {
    if (typeof speed === 'number') this.factor = speed;
    else this.factor = speed === 'realtime' ? 1 : Number.POSITIVE_INFINITY;
  }

  /** ms to wait before the event of this time (µs). */
  before(ts: number): number {
    const pause = this.previous === undefined ? 0 : (ts - this.previous) / 1000 / this.factor;
    this.previous = ts;
    return Math.min(pause, LONGEST_PAUSE_MS);
  }
}

function deliver(session: Session, item: FileItem, runId: string | undefined): void {
  switch (item.kind) {
    case 'message': {
      const { message, bytes, warnings } = runId === undefined ? item : renamed(item, runId);
      session.message(message, bytes, 0, bytes.length, warnings.length === 0 ? undefined : warnings);
      break;
    }
    case 'refused':
      session.refused(item.error, runId === undefined ? item.event : { ...item.event, runId }, item.bytes, 0, item.bytes.length);
      break;
    case 'skipped':
      session.skipped(item.error, item.offset, new Uint8Array(0));
      break;
  }
}

/** The same event in another run. Its frame is written anew, so fields that this version does not know are left out. */
function renamed(item: FileItem & { kind: 'message' }, runId: string): FileItem & { kind: 'message' } {
  const message = { ...item.message, runId };
  return { ...item, message, bytes: encodeEvent(message) };
}

/** One thing found in a recorded stream, in order. */
export type FileItem =
  | { readonly kind: 'message'; readonly message: WorkerMessage; readonly bytes: Uint8Array; readonly warnings: readonly FieldWarning[] }
  | { readonly kind: 'refused'; readonly error: XTrackError; readonly event: RefusedEvent; readonly bytes: Uint8Array }
  | { readonly kind: 'skipped'; readonly error: XTrackError; readonly offset: number; readonly length: number };

/** Collects what a decoder finds; the bytes are copied, so they may be kept. */
export class Gathering implements FrameSink {
  private items: FileItem[] = [];

  message(message: WorkerMessage, bytes: Uint8Array, start: number, end: number, warnings: readonly FieldWarning[] | undefined): void {
    this.items.push({ kind: 'message', message, bytes: bytes.slice(start, end), warnings: warnings ?? [] });
  }

  refused(error: XTrackError, event: RefusedEvent, bytes: Uint8Array, start: number, end: number): void {
    this.items.push({ kind: 'refused', error, event, bytes: bytes.slice(start, end) });
  }

  skipped(error: XTrackError, offset: number, bytes: Uint8Array): void {
    this.items.push({ kind: 'skipped', error, offset, length: bytes.length });
  }

  take(): FileItem[] {
    const { items } = this;
    this.items = [];
    return items;
  }
}
