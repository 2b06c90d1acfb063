// One peer's conversation, whatever the transport: hello and welcome, events to collectors, acks and commands back.

import { createHash, timingSafeEqual } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import {
  type Command, encodeCollectorMessage, type FieldWarning, FrameDecoder, type FrameSink, type Hello, LIMITS,
  type RefusedEvent, type TrackEvent, type WorkerMessage, XTrackError,
} from '../protocol/index.js';
import type { Collector } from '../runtime/collector.js';
import type { CommandTarget } from '../runtime/commands.js';
import type { Hub } from '../runtime/hub.js';
import type { Lane, LaneOwner } from '../runtime/lane.js';
import { CONTROL_WORKER, isTerminal } from '../runtime/run-state.js';
import type { Admission, Connection } from './transport.js';

/** What a peer may have unacknowledged: 4 MiB or so many events. */
const WINDOW = { bytes: 4 * 1024 * 1024, events: 20_000 } as const;
/** A started frame must be complete, and a required hello must come, within this (ms). */
export const FRAME_DEADLINE_MS = 30_000;
export const HELLO_DEADLINE_MS = 5_000;
/** So many refused events in a row end a connection: the peer is broken or hostile. */
const MAX_REFUSED_IN_A_ROW = 100;

interface Binding {
  readonly collector: Collector;
  lane: Lane | undefined;
}

/** Counts of what came through one session. */
export interface SessionCounts {
  events: number;
  duplicates: number;
  refused: number;
  skippedBytes: number;
}

export interface SessionOptions {
  readonly hub: Hub;
  readonly connection: Connection;
  readonly admission: Admission;
  /** `socket`: damage ends the connection; `recover`: damage is skipped and reported. */
  readonly mode: 'socket' | 'recover';
  /** Told of damaged bytes: offset in the stream and length. */
  readonly onSkipped?: (error: XTrackError, offset: number, length: number) => void;
}

const sameToken = (given: string, expected: string): boolean =>
  timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest());

/** The receiving end of one connection. */
export class Session implements FrameSink, LaneOwner, CommandTarget {
  readonly counts: SessionCounts = { events: 0, duplicates: 0, refused: 0, skippedBytes: 0 };
  /** Runs that this session wrote to. */
  readonly runIds = new Set<string>();
  private readonly hub: Hub;
  private readonly connection: Connection;
  private readonly admission: Admission;
  private readonly decoder: FrameDecoder;
  private readonly onSkipped: SessionOptions['onSkipped'];
  private readonly mode: SessionOptions['mode'];
  private readonly bindings = new Map<string, Binding>();
  private last: Binding | undefined;
  private hello: Hello | undefined;
  private assignedRunId: string | undefined;
  private readonly owned = new Set<Lane>();
  private readonly deferredAcks = new Map<Lane, number>();
  /** Work that waits for a run to be loaded, in order. */
  private backlog: (() => void)[] = [];
  private loading: Promise<void> | undefined;
  private congested = false;
  private refusedInARow = 0;
  /** No more input is taken and nothing is sent: the peer is gone … */
  private over = false;
  /** … or was sent away, so that what it still has queued does not count. */
  private aborted = false;
  private readonly openedAt = performance.now();
  private frameSince: number | undefined;

  constructor(options: SessionOptions) {
    this.hub = options.hub;
    this.connection = options.connection;
    this.admission = options.admission;
    this.mode = options.mode;
    this.onSkipped = options.onSkipped;
    this.decoder = new FrameDecoder(this, { mode: options.mode });
  }

  /** Bytes from the peer; the buffer may be reused once this returns. */
  receive(chunk: Uint8Array): void {
    if (this.over) return;
    this.decoder.push(chunk);
    this.hub.journal.endChunk();
    if (this.decoder.pending === 0) this.frameSince = undefined;
    else this.frameSince ??= performance.now();
    if (this.loading !== undefined || this.hub.journal.full) this.holdBack();
  }

  /** Resolves when the session can take more: its run is loaded and the store keeps up. */
  async ready(): Promise<void> {
    while (this.loading !== undefined) await this.loading;
    while (this.hub.journal.full) await new Promise<void>((resolve) => this.hub.journal.whenRoom(resolve));
  }

  /** The peer is gone; a half frame is reported. */
  closed(): void {
    if (this.over) return;
    this.over = true;
    const finish = (): void => {
      if (!this.aborted) this.decoder.end();
      this.hub.journal.endChunk();
      for (const lane of this.owned) if (lane.owner === this) lane.owner = undefined;
      for (const runId of this.bindings.keys()) {
        this.hub.commands.detach(runId, this);
        this.hub.release(runId);
      }
      this.bindings.clear();
    };
    if (this.loading === undefined) finish();
    else void this.ready().then(finish, finish);
  }

  /** The connection can be written to again. */
  drained(): void {
    this.congested = false;
    const deferred = [...this.deferredAcks];
    this.deferredAcks.clear();
    for (const [lane, seq] of deferred) this.acknowledge(lane, seq, undefined);
  }

  /** Ends a connection that trickles or never says who it is. `now`: ms of the monotonic clock. */
  checkDeadlines(now: number): void {
    if (this.over) return;
    if (this.frameSince !== undefined && now - this.frameSince > FRAME_DEADLINE_MS) this.abort(new XTrackError('XT_FRAME_TRUNCATED'));
    const silent = this.hello === undefined && !this.admission.allowV1 && now - this.openedAt > HELLO_DEADLINE_MS;
    if (silent) this.abort(new XTrackError('XT_HELLO_REQUIRED'));
  }

  // --- FrameSink -------------------------------------------------------------------------------------------------

  message(message: WorkerMessage, bytes: Uint8Array, start: number, end: number, warnings: readonly FieldWarning[] | undefined): void {
    if (this.aborted) return;
    if (this.loading !== undefined) {
      const copy = bytes.slice(start, end);
      this.backlog.push(() => this.message(message, copy, 0, copy.length, warnings));
      return;
    }
    if (message.type === 'hello') this.greet(message);
    else if (message.type === 'heartbeat') this.beat(message.runId, message.worker, message.incarnation, message.lastSeq);
    else this.event(message, bytes, start, end, warnings);
  }

  refused(error: XTrackError, event: RefusedEvent, bytes: Uint8Array, start: number, end: number): void {
    if (this.aborted) return;
    const copy = bytes.slice(start, end);
    if (this.loading !== undefined) {
      this.backlog.push(() => this.refused(error, event, copy, 0, copy.length));
      return;
    }
    this.counts.refused += 1;
    this.refusedInARow += 1;
    const runId = event.runId ?? this.assignedRunId ?? this.admission.runId;
    const binding = runId === undefined ? undefined : this.bind(runId, () => this.refused(error, event, copy, 0, copy.length));
    if (binding !== undefined && event.seq !== undefined && event.seq > 0) {
      const lane = binding.collector.lane(event.worker, event.incarnation);
      binding.collector.refuse(lane, event.seq, error, copy);
      this.answerError(lane.runId, event.worker, event.incarnation, event.seq, error);
    } else {
      binding?.collector.deadLetter(error.code, copy);
      this.answerError(runId ?? '', event.worker, event.incarnation, event.seq ?? 0, error);
    }
    if (this.mode === 'socket' && this.refusedInARow >= MAX_REFUSED_IN_A_ROW) this.abort(error);
  }

  skipped(error: XTrackError, offset: number, bytes: Uint8Array): void {
    if (this.aborted) return;
    // An emitter with acks sends the rest of a half frame again.
    if (error.code === 'XT_FRAME_TRUNCATED' && this.acks && this.live) return;
    this.counts.skippedBytes += bytes.length;
    this.onSkipped?.(error, offset, bytes.length);
    const collector = this.last?.collector;
    if (collector !== undefined) {
      const detail = `${bytes.length} bytes at offset ${offset} are no frame: ${error.message}`;
      collector.warn({ code: error.code, detail, field: null, worker: this.hello?.worker ?? '', seq: null });
      if (this.connection.kind === 'stdio' && error.code !== 'XT_FRAME_TRUNCATED') this.keepAsOutput(collector, bytes);
      else collector.deadLetter(error.code, bytes);
    }
    if (this.mode === 'socket' && error.code !== 'XT_FRAME_TRUNCATED') this.abort(error);
  }

  // --- LaneOwner, CommandTarget ----------------------------------------------------------------------------------

  acknowledge(lane: Lane, seq: number, resend: { from: number; to: number } | undefined): void {
    if (this.over || !this.acks) return;
    if (this.congested) {
      this.deferredAcks.set(lane, seq);
      return;
    }
    const incarnation = lane.implied ? '' : lane.incarnation;
    this.send({ type: 'ack', seq, status: 'ok', runId: lane.runId, worker: lane.worker, incarnation, ...(resend === undefined ? {} : { resend }) });
  }

  fence(): void {
    this.abort(new XTrackError('XT_FENCED'));
  }

  sendCommand(command: Command): void {
    if (!this.over) this.send(command);
  }

  /** A recorded file speaks for nobody: it owns no lane, hears no command and fences nobody. */
  private get live(): boolean {
    return this.connection.kind !== 'file';
  }

  private get acks(): boolean {
    return this.hello?.capabilities.includes('ack') === true;
  }

  // --- inside ----------------------------------------------------------------------------------------------------

  private event(event: TrackEvent, bytes: Uint8Array, start: number, end: number, warnings: readonly FieldWarning[] | undefined): void {
    if (this.hello === undefined && !this.admission.allowV1) {
      this.abort(new XTrackError('XT_HELLO_REQUIRED'));
      return;
    }
    let binding = this.last;
    if (binding === undefined || event.runId !== binding.collector.runId) {
      // While the run is being loaded the bytes go away: the copy waits instead.
      let copy = bytes;
      binding = this.bind(this.runIdOf(event), () => this.event(event, copy, 0, copy.length, warnings));
      if (binding === undefined) {
        copy = bytes.slice(start, end);
        return;
      }
    }
    if (event.worker === CONTROL_WORKER && this.admission.allowControl !== true) {
      this.rejectReserved(binding, event, bytes.slice(start, end));
      return;
    }
    const known = event.runId === binding.collector.runId ? event : { ...event, runId: binding.collector.runId };
    let { lane } = binding;
    if (lane === undefined || lane.worker !== event.worker || lane.incarnation !== event.incarnation) lane = this.claim(binding, known);
    this.count(binding.collector.accept(lane, known, bytes, start, end));
    if (warnings !== undefined) {
      for (const { code, detail, field } of warnings) binding.collector.warn({ code, detail, field, worker: event.worker, seq: event.seq });
    }
    if (this.live && event.type === 'run_start' && event.capabilities?.includes('command') === true) this.hub.commands.attach(known.runId, this);
  }

  private count(verdict: 'new' | 'duplicate' | 'refused'): void {
    this.refusedInARow = 0;
    if (verdict === 'new') this.counts.events += 1;
    else if (verdict === 'duplicate') this.counts.duplicates += 1;
    else this.abort(new XTrackError('XT_ENVELOPE', { detail: 'too many missing ranges in one stream', field: 'm.seq' }));
  }

  private rejectReserved(binding: Binding, event: TrackEvent, bytes: Uint8Array): void {
    const error = new XTrackError('XT_WORKER_RESERVED', { field: 'm.wid' });
    this.counts.refused += 1;
    binding.collector.deadLetter(error.code, bytes);
    this.answerError(event.runId, event.worker, event.incarnation, event.seq, error);
  }

  /** run_start may leave the choice of the id to the collector; everything after it means the same run. */
  private runIdOf(event: TrackEvent): string {
    if (event.runId !== '') return event.runId;
    this.assignedRunId ??= this.admission.runId ?? uuidv7();
    return this.assignedRunId;
  }

  private claim(binding: Binding, event: TrackEvent): Lane {
    const lane = binding.collector.laneFor(event);
    binding.lane = lane;
    this.own(lane);
    return lane;
  }

  private own(lane: Lane): void {
    if (!this.live) return;
    if (lane.owner !== undefined && lane.owner !== this) lane.owner.fence();
    lane.owner = this;
    this.owned.add(lane);
  }

  /** The run's binding, or undefined while it is being loaded: then `again` runs once it is. */
  private bind(runId: string, again: () => void): Binding | undefined {
    const bound = this.bindings.get(runId);
    if (bound !== undefined) {
      this.last = bound;
      return bound;
    }
    const collector = this.hub.loaded(runId);
    if (collector !== undefined) {
      const binding = { collector, lane: undefined };
      this.bindings.set(runId, binding);
      this.runIds.add(runId);
      this.hub.hold(runId);
      this.last = binding;
      return binding;
    }
    this.backlog.push(again);
    this.loading = this.hub.collector(runId).then(
      () => this.continue(),
      (error) => this.lost(XTrackError.from(error, 'XT_RUN_NOT_FOUND')),
    );
    this.holdBack();
    return undefined;
  }

  private continue(): void {
    this.loading = undefined;
    const backlog = this.backlog;
    this.backlog = [];
    for (let index = 0; index < backlog.length; index += 1) {
      backlog[index]?.();
      if (this.loading !== undefined) {
        this.backlog.push(...backlog.slice(index + 1));
        return;
      }
    }
    this.hub.journal.endChunk();
  }

  private lost(error: XTrackError): void {
    this.loading = undefined;
    this.backlog = [];
    this.abort(error);
  }

  private holdBack(): void {
    this.connection.pause();
    void this.ready().then(() => {
      if (!this.over) this.connection.resume();
    });
  }

  private greet(hello: Hello): void {
    const { token } = this.admission;
    if (token !== undefined && (hello.token === undefined || !sameToken(hello.token, token))) {
      this.abort(new XTrackError('XT_TOKEN'));
      return;
    }
    if (hello.worker === CONTROL_WORKER && this.admission.allowControl !== true) {
      this.abort(new XTrackError('XT_WORKER_RESERVED', { field: 'm.wid' }));
      return;
    }
    this.hello = hello;
    const runId = hello.runId ?? this.admission.runId ?? this.assignedRunId ?? uuidv7();
    this.assignedRunId = runId;
    this.decoder.setMaxFrame(Math.min(Math.max(hello.maxFrame ?? 0, LIMITS.frame), LIMITS.frameHard));
    const binding = this.bind(runId, () => this.greet(hello));
    if (binding !== undefined) this.welcome(binding, hello);
  }

  private welcome(binding: Binding, hello: Hello): void {
    const { collector } = binding;
    const lane = collector.lane(hello.worker, hello.incarnation);
    binding.lane = lane;
    if (!this.live) return;
    for (const other of collector.allLanes()) {
      if (other.worker === lane.worker && other.incarnation < lane.incarnation && other.owner !== this) other.owner?.fence();
    }
    this.own(lane);
    if (collector.state.status === 'interrupted') {
      const status = collector.state.workers.get(hello.worker)?.status ?? 'running';
      if (!isTerminal(status)) {
        collector.change((state) => {
          state.status = status === 'interrupted' ? 'running' : status;
        });
      }
    }
    this.send({
      type: 'welcome', server: 'xtrack', capabilities: ['ack', 'command', 'gap'], resumeFrom: lane.durable + 1, window: WINDOW,
      maxFrame: Math.min(Math.max(hello.maxFrame ?? 0, LIMITS.frame), LIMITS.frameHard), runId: collector.runId,
    });
    if (hello.capabilities.includes('command')) this.hub.commands.attach(collector.runId, this);
  }

  private beat(runId: string | undefined, worker: string, incarnation: string, lastSeq: number | undefined): void {
    const binding = runId === undefined ? this.last : this.bindings.get(runId);
    if (binding === undefined || lastSeq === undefined) return;
    binding.collector.lane(worker, incarnation).sequence.expect(lastSeq);
  }

  /** What a script printed into the event stream is its output, not loss. */
  private keepAsOutput(collector: Collector, bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    for (const line of text.split('\n')) {
      if (line.trim() !== '') collector.emit({ type: 'log', level: 'info', message: line, logger: 'stdout', fields: { stream: 'events' } });
    }
  }

  private answerError(runId: string, worker: string, incarnation: string, seq: number, error: XTrackError): void {
    if (!this.acks || this.over) return;
    this.send({ type: 'ack', seq, status: 'error', error: error.message, runId, worker, incarnation });
  }

  private abort(error: XTrackError): void {
    if (this.over) return;
    const { worker = '', incarnation = '' } = this.hello ?? {};
    this.send({ type: 'ack', seq: 0, status: 'error', error: error.message, runId: this.assignedRunId ?? '', worker, incarnation });
    this.aborted = true;
    this.backlog = [];
    this.connection.close();
    this.closed();
  }

  private send(message: Parameters<typeof encodeCollectorMessage>[0]): void {
    if (!this.connection.send(encodeCollectorMessage(message))) this.congested = true;
  }
}
