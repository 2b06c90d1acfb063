// Events that come as one body, over HTTP: taken in as from any other peer, and answered once they are durable.

import { setTimeout as delay } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { type FieldWarning, FrameDecoder, LIMITS, type TrackEvent, type WorkerMessage, XTrackError } from '../../protocol/index.js';
import { HEADER_BYTES } from '../../protocol/limits.js';
import type { Collector } from '../../runtime/collector.js';
import type { Hub } from '../../runtime/hub.js';
import { isReservedWorker } from '../../runtime/run-state.js';
import { isOthers } from '../session/door.js';
import { Session } from '../session/session.js';
import type { Connection, Writer } from '../transport.js';
import { type FileItem, Gathering, usedLength } from './file.js';

/** Bytes that are decoded before others have their turn. */
const SLICE_BYTES = 128 * 1024;
/** Lines that are decoded before others have their turn. */
const SLICE_LINES = 500;
/** Refused events that are named in the answer; the rest is counted. */
const MAX_NAMED = 1_000;
/** ms: a store that does not take what was sent for so long is said to be away. */
const COMMIT_MS = 30_000;
const NEWLINE = 0x0a;

export interface IngestOptions {
  /** Whether events may be written to runs of this experiment (null: of none). */
  readonly mayWrite: (experimentId: string | null) => boolean;
  /** With which key they come: the runs that they begin belong to it, and of those of other keys only `everyRun` takes them. Default: none. */
  readonly claim?: Pick<Writer, 'keyId' | 'everyRun'>;
}

/** One that was not taken: the how-manieth frame or line of the body (from 0) it is, and why. */
export interface RefusedInBody {
  readonly index: number;
  readonly code: string;
  readonly detail: string;
  readonly field: string | null;
}

/** What is durable of one incarnation of a worker: everything up to `seq`. */
export interface BodyAck {
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly seq: number;
}

export interface IngestReport {
  /** Events that are stored now and were not before. */
  readonly accepted: number;
  /** Events that were stored already. */
  readonly duplicates: number;
  /** The first 1,000 that were refused. */
  readonly refused: readonly RefusedInBody[];
  readonly refusedCount: number;
  readonly acks: readonly BodyAck[];
}

/** Frames as an emitter writes them, a spool file's bytes included. Errors: XT_STORE_WRITE; then nothing is acknowledged. */
export async function ingestFrames(hub: Hub, body: Uint8Array, options: IngestOptions): Promise<IngestReport> {
  const ingest = new Ingest(hub, options);
  const gathering = new Gathering();
  const decoder = new FrameDecoder(gathering, { mode: 'recover', maxFrame: LIMITS.frameHard, flagNumbers: true });
  const used = body.subarray(0, usedLength(body));
  for (let at = 0; at < used.length; at += SLICE_BYTES) {
    decoder.push(used.subarray(at, at + SLICE_BYTES));
    await ingest.take(gathering.take());
  }
  decoder.end();
  await ingest.take(gathering.take());
  return await ingest.finish();
}

/** Envelopes as JSON, one a line; empty lines do not count. Errors: as ingestFrames. */
export async function ingestLines(hub: Hub, body: Uint8Array, options: IngestOptions): Promise<IngestReport> {
  const ingest = new Ingest(hub, options);
  const gathering = new Gathering();
  let lines = 0;
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline < 0 ? body.length : newline;
    if (!isBlank(body.subarray(start, end))) lines += decodeLine(gathering, body.subarray(start, end));
    start = end + 1;
    if (lines >= SLICE_LINES) {
      lines = 0;
      await ingest.take(gathering.take());
    }
  }
  await ingest.take(gathering.take());
  return await ingest.finish();
}

/** Each line by a decoder of its own: what is wrong with one says nothing of the next. */
function decodeLine(gathering: Gathering, line: Uint8Array): number {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + line.length);
  frame.writeUInt32BE(line.length);
  frame.set(line, HEADER_BYTES);
  new FrameDecoder(gathering, { mode: 'socket', maxFrame: LIMITS.frameHard, flagNumbers: true }).push(frame);
  return 1;
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}

class Ingest {
  private readonly hub: Hub;
  private readonly session: Session;
  private readonly gate: RunGate;
  /** The run of events that name none: hello's, else a new one. */
  private unnamed = uuidv7();
  private index = 0;
  private ended = false;
  private readonly refused: RefusedInBody[] = [];
  private refusedCount = 0;
  private readonly lanes = new Map<string, Omit<BodyAck, 'seq'>>();

  constructor(hub: Hub, options: IngestOptions) {
    this.hub = hub;
    const { mayWrite, claim = {} } = options;
    const known: Writer = { experiments: mayWrite(null) ? null : { has: mayWrite }, ...claim };
    this.gate = new RunGate(hub, mayWrite, known);
    const close = (): void => {
      this.ended = true;
    };
    const connection: Connection = { kind: 'http', send: () => true, pause: () => undefined, resume: () => undefined, close };
    this.session = new Session({ hub, connection, mode: 'recover', admission: { allowV1: true, known } });
  }

  async take(items: readonly FileItem[]): Promise<void> {
    for (const item of items) {
      const error = await this.deliver(item);
      if (error !== undefined) this.refuse(error);
      this.index += 1;
    }
    this.hub.journal.endChunk();
    await this.session.ready();
  }

  /** Resolves when everything taken is durable. */
  async finish(): Promise<IngestReport> {
    this.session.closed();
    await this.session.ready();
    const flushed = this.hub.journal.flush(...this.session.runIds).then(() => true);
    // Where it is not waited for any more, nobody hears how it ends.
    flushed.catch(() => undefined);
    if (!(await Promise.race([flushed, delay(COMMIT_MS, false, { ref: false })]))) throw notStored();
    const { events, duplicates } = this.session.counts;
    return { accepted: events, duplicates, refused: this.refused, refusedCount: this.refusedCount, acks: this.acks() };
  }

  private async deliver(item: FileItem): Promise<XTrackError | undefined> {
    if (this.ended) return new XTrackError('XT_ENVELOPE', { detail: 'what came before it in the body could not be taken' });
    switch (item.kind) {
      case 'skipped':
        return item.error;
      case 'refused': {
        const { runId } = item.event;
        // Kept with its run, where there is one that the caller may write to.
        if (runId !== undefined && (await this.gate.knows(runId)))
          this.session.refused(item.error, item.event, item.bytes, 0, item.bytes.length);
        return item.error;
      }
      case 'message':
        return await this.message(item.message, item.bytes, item.warnings);
    }
  }

  private async message(message: WorkerMessage, bytes: Uint8Array, warnings: readonly FieldWarning[]): Promise<XTrackError | undefined> {
    if (isReservedWorker(message.worker)) return new XTrackError('XT_WORKER_RESERVED', { field: 'm.wid' });
    if (message.type === 'hello') {
      this.unnamed = message.runId ?? this.unnamed;
      return undefined;
    }
    const runId = message.runId === undefined || message.runId === '' ? this.unnamed : message.runId;
    if (message.type === 'heartbeat') {
      if (await this.gate.knows(runId)) this.session.message({ ...message, runId }, bytes, 0, bytes.length, undefined);
      return undefined;
    }
    const error = (await this.gate.open(runId, message)) ?? this.gate.refuses(runId, message);
    if (error !== undefined) return error;
    const { worker, incarnation } = message;
    if (this.gate.collectorOf(runId)?.lane(worker, incarnation).buried === true)
      return new XTrackError('XT_RUN_PURGED', { detail: `run '${runId}' was deleted for good` });
    const named: TrackEvent = message.runId === '' ? { ...message, runId } : message;
    this.session.message(named, bytes, 0, bytes.length, warnings.length === 0 ? undefined : warnings);
    this.lanes.set(JSON.stringify([runId, worker, incarnation]), { runId, worker, incarnation });
    return undefined;
  }

  private refuse(error: XTrackError): void {
    this.refusedCount += 1;
    if (this.refused.length < MAX_NAMED)
      this.refused.push({ index: this.index, code: error.code, detail: error.detail, field: error.field ?? null });
  }

  /** After a commit that failed the collector is dead: what was sent is not known to be stored. One that was unloaded since knows what is. */
  private acks(): BodyAck[] {
    return [...this.lanes.values()].map((lane) => {
      const opened = this.gate.collectorOf(lane.runId);
      if (opened === undefined || opened.dead !== undefined) throw notStored();
      const collector = this.hub.loaded(lane.runId) ?? opened;
      return { ...lane, seq: collector.lane(lane.worker, lane.incarnation).durable };
    });
  }
}

function notStored(): XTrackError {
  return new XTrackError('XT_STORE_WRITE', { detail: 'the events are not known to be stored; send them again' });
}

/** Which runs one body of events may write to, and their collectors: asked once per run. */
class RunGate {
  private readonly hub: Hub;
  private readonly writer: Writer;
  private readonly mayWrite: (experimentId: string | null) => boolean;
  private readonly opened = new Map<string, Collector>();
  private readonly refused = new Map<string, XTrackError>();

  constructor(hub: Hub, mayWrite: (experimentId: string | null) => boolean, writer: Writer) {
    this.hub = hub;
    this.writer = writer;
    this.mayWrite = mayWrite;
  }

  /** The collector that the run had when it was opened. */
  collectorOf(runId: string): Collector | undefined {
    return this.opened.get(runId);
  }

  /** True for a run that there is and that may be written to. */
  async knows(runId: string): Promise<boolean> {
    if (this.opened.has(runId)) return true;
    if (this.refused.has(runId) || (await this.hub.store.getRun(runId)) === undefined) return false;
    return (await this.enter(runId, null)) === undefined;
  }

  /** Why the event may not be written, if it may not. A new run is of the experiment that its first event names. */
  async open(runId: string, event: TrackEvent): Promise<XTrackError | undefined> {
    const named = event.type === 'run_start' ? (event.experimentId ?? null) : null;
    return this.opened.has(runId) ? undefined : await this.enter(runId, named);
  }

  /** The same of a run that was opened: it may have become somebody else's since. Ask it in the turn in which the event is written. */
  refuses(runId: string, event: TrackEvent): XTrackError | undefined {
    const collector = this.opened.get(runId);
    if (collector === undefined) return undefined;
    const { state, isBlank } = collector;
    const named = event.type === 'run_start' ? (event.experimentId ?? null) : null;
    // A run of no experiment joins the one that it names now, and a new one is of that from the start.
    const needed = state.experimentId !== null ? [state.experimentId] : [...(isBlank ? [] : [null]), named];
    return needed.every(this.mayWrite) && !isOthers(state, this.writer) ? undefined : forbidden(runId, named);
  }

  private async enter(runId: string, named: string | null): Promise<XTrackError | undefined> {
    const before = this.refused.get(runId);
    if (before !== undefined) return before;
    const error = await this.admit(runId, named);
    if (error !== undefined) this.refused.set(runId, error);
    return error;
  }

  private async admit(runId: string, named: string | null): Promise<XTrackError | undefined> {
    const loaded = this.hub.loaded(runId);
    // One that somebody only asked for is nobody's yet.
    const known = loaded?.isBlank === false ? loaded.state : await this.hub.store.getRun(runId);
    const own = known?.experimentId ?? null;
    // Both the run as it is and, where that is of none, what it is to become.
    const needed = known === undefined ? [named] : [own, ...(own === null && named !== null ? [named] : [])];
    if (!needed.every(this.mayWrite) || (known !== undefined && isOthers(known, this.writer))) return forbidden(runId, named);
    try {
      this.opened.set(runId, await (loaded?.isBlank === true ? this.hub.upToDate(runId) : this.hub.collector(runId)));
      return undefined;
    } catch (error) {
      return XTrackError.from(error, 'XT_STORE_READ');
    }
  }
}

/** Says only what the caller said itself, and the same of a run that is there and of one that is not. */
function forbidden(runId: string, named: string | null): XTrackError {
  const as = named === null ? '' : ` as one of experiment '${named}'`;
  return new XTrackError('XT_FORBIDDEN', { detail: `the key does not write to run '${runId}'${as}` });
}
