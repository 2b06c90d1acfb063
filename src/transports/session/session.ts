// One peer's conversation, whatever the transport: hello and welcome, events to collectors, acks and commands back.

import { uuidv7 } from 'uuidv7';
import type { Command, FrameSink, Heartbeat, Hello, RefusedEvent, TrackEvent, WorkerMessage } from '../../protocol/index.js';
import { FrameDecoder, LIMITS, XTrackError } from '../../protocol/index.js';
import type { CommandTarget } from '../../runtime/commands.js';
import type { Hub } from '../../runtime/hub.js';
import type { Lane, LaneOwner } from '../../runtime/lane.js';
import { homeOf } from '../listen/home.js';
import type { SessionCounts } from '../transport.js';
import { Answers, negotiatedFrame, WINDOW } from './answers.js';
import { type Binding, Bindings } from './bindings.js';
import { Door } from './door.js';
import { Intake } from './intake.js';
import { enter, OwnLanes, unclaimed } from './own-lanes.js';
import { Rejections } from './rejections.js';
import { flag, flagClock, isOffClock, keepSkipped, type Warnings } from './remarks.js';
import type { SessionOptions } from './session-options.js';

/** The receiving end of one connection. */
export class Session implements FrameSink, LaneOwner, CommandTarget {
  /** When the last bytes came (ms of the monotonic clock). */
  lastReceived = performance.now();
  readonly counts: SessionCounts = { events: 0, duplicates: 0, refused: 0, skippedBytes: 0 };
  private readonly options: SessionOptions;
  private readonly hub: Hub;
  private readonly decoder: FrameDecoder;
  private readonly answers: Answers;
  private readonly bindings: Bindings;
  private readonly door: Door;
  private readonly owned: OwnLanes;
  private readonly rejections: Rejections;
  private hello: Hello | undefined;
  private assignedRunId: string | undefined;
  /** No more input is taken and nothing is sent: the peer is gone … */
  private over = false;
  /** … or was sent away, for this reason, so that what it still has queued does not count. */
  private aborted: XTrackError | undefined;
  private readonly intake: Intake;

  constructor(options: SessionOptions) {
    this.options = options;
    this.hub = options.hub;
    this.door = new Door(options.admission);
    const maxFrame = this.door.waitsForHello ? LIMITS.hello : LIMITS.frame;
    this.decoder = new FrameDecoder(this, { mode: options.mode, maxFrame, flagNumbers: true });
    this.owned = new OwnLanes(this, this.live);
    this.answers = new Answers(options.connection);
    const abort = (error: XTrackError): void => this.abort(error);
    const [onWait, onBroken] = [(): void => this.intake.holdBack(), (error: unknown): void => this.broken(error)];
    const onLost = (error: XTrackError, runId: string): Promise<void> => this.cannotHave(runId, error);
    const { hub, connection } = options;
    const areCompared = connection.kind === 'http';
    this.bindings = new Bindings({ hub, areCompared, onWait, onLost, onBroken, onEvict: (runId) => this.evicted(runId) });
    const { counts, answers, owned, bindings, decoder } = this;
    this.rejections = new Rejections({ session: options, counts, answers, owned, bindings, abort });
    this.intake = new Intake({ ...options, decoder, answers, loaded: () => bindings.settled() });
  }

  /** True once the peer has joined a run, or written to one. */
  get hasEntered(): boolean {
    return this.bindings.entered;
  }

  /** Runs that this session wrote to. */
  get runIds(): string[] {
    return [...this.bindings.runIds];
  }

  /** Why not everything that came was taken, or will be stored; undefined: it was. */
  get failure(): XTrackError | undefined {
    return this.aborted ?? this.bindings.dead;
  }

  /** Bytes from the peer; the buffer may be reused once this returns. */
  receive(chunk: Uint8Array): void {
    if (this.over) return;
    try {
      this.decoder.push(chunk);
    } catch (error) {
      return void this.broken(error);
    }
    this.intake.chunkTaken();
  }

  /** Resolves when the session can take more: its run is loaded and the store keeps up. */
  async ready(): Promise<void> {
    await this.intake.ready();
  }

  /** The peer is gone; a half frame is reported. */
  closed(): void {
    if (this.over) return;
    this.over = true;
    this.answers.close();
    this.intake.close();
    if (this.bindings.waiting) void this.ready().then(() => this.finish());
    else this.finish();
  }

  /** The connection can be written to again. */
  drained(): void {
    this.answers.drained();
  }

  /** Ends a connection that trickles or never says who it is. `now`: ms of the monotonic clock. */
  checkDeadlines(now: number): void {
    const overdue = this.door.closes() ?? this.intake.overdue(now, this.door.waitsForHello);
    if (overdue !== undefined) this.abort(overdue);
  }

  message(message: WorkerMessage, bytes: Uint8Array, start: number, end: number, warnings: Warnings): void {
    if (this.aborted !== undefined) return;
    // Before an accepted hello nothing has an effect.
    if (message.type !== 'hello' && this.door.waitsForHello) return void this.abort(new XTrackError('XT_HELLO_REQUIRED'));
    if (this.bindings.waiting) {
      const copy = bytes.slice(start, end);
      return void this.bindings.defer(() => this.message(message, copy, 0, copy.length, warnings));
    }
    if (message.type === 'hello') this.greet(message);
    else if (message.type === 'heartbeat') this.beat(message);
    else this.event(message, bytes, start, end, warnings);
  }

  refused(error: XTrackError, event: RefusedEvent, bytes: Uint8Array, start: number, end: number): void {
    if (this.aborted !== undefined) return;
    if (this.door.waitsForHello) return void this.abort(event.wireType === 'hello' ? error : new XTrackError('XT_HELLO_REQUIRED'));
    if (this.door.refusesWorker(event.worker)) return void this.rejections.reject(error, event);
    const copy = bytes.slice(start, end);
    const again = (): void => this.refused(error, event, copy, 0, copy.length);
    if (this.bindings.waiting) return void this.bindings.defer(again);
    const runId = event.runId ?? this.assignedRunId ?? this.options.admission.runId;
    // Over a socket it makes no run: only one that the peer writes to already hears of it.
    const binding =
      runId === undefined ? undefined : this.options.mode === 'socket' ? this.bindings.get(runId) : this.bindings.bind(runId, again);
    if (runId !== undefined && binding === undefined && this.bindings.waiting) return;
    const forbidden = binding && this.door.refuses(binding.collector);
    if (forbidden !== undefined) return void this.abort(forbidden);
    this.rejections.reject(error, { ...event, runId }, copy);
  }

  skipped(error: XTrackError, offset: number, bytes: Uint8Array): void {
    // An emitter with acks sends the rest of a half frame again.
    if (this.aborted !== undefined || (error.code === 'XT_FRAME_TRUNCATED' && this.answers.acks && this.live)) return;
    this.counts.skippedBytes += bytes.length;
    this.options.onSkipped?.(error, offset, bytes.length);
    const collector = this.bindings.last?.collector;
    if (collector !== undefined && this.door.refuses(collector) === undefined)
      keepSkipped(collector, { error, offset, bytes }, this.options.connection.kind);
    if (this.options.mode === 'socket' && error.code !== 'XT_FRAME_TRUNCATED') this.abort(error);
  }

  chunkEnds(): void {
    this.hub.journal.endChunk();
  }

  acknowledge(lane: Lane, seq: number, resend: { from: number; to: number } | undefined): void {
    this.answers.acknowledge(lane, seq, resend);
  }

  fence(why = new XTrackError('XT_FENCED')): void {
    this.abort(why);
  }

  sendCommand(command: Command): void {
    this.answers.command(command);
  }

  /** A recorded file, or a body that was posted, speaks for nobody: it owns no lane, hears no command and fences nobody. */
  private get live(): boolean {
    return this.options.connection.kind !== 'file' && this.options.connection.kind !== 'http';
  }

  private event(event: TrackEvent, bytes: Uint8Array, start: number, end: number, warnings: Warnings): void {
    if (this.door.refusesWorker(event.worker))
      return void this.rejections.reject(new XTrackError('XT_WORKER_RESERVED', { field: 'm.wid' }), { ...event, wireType: event.type });
    const { last } = this.bindings;
    const binding = event.runId === last?.collector.runId ? last : this.bindEvent(event, bytes, start, end, warnings);
    if (binding === undefined) return;
    const { collector } = binding;
    const forbidden = this.door.refuses(collector, event);
    if (forbidden !== undefined) return void this.abort(forbidden);
    const known = event.runId === collector.runId ? event : { ...event, runId: collector.runId };
    const neighbour = binding.lane;
    const same = neighbour !== undefined && neighbour.worker === event.worker && neighbour.incarnation === event.incarnation;
    const lane = same ? neighbour : this.claim(binding, known);
    const begins = collector.isBlank;
    const verdict = collector.accept(lane, known, bytes, start, end);
    this.door.taken(collector, begins);
    if (verdict !== 'new' && verdict !== 'duplicate') return void this.rejections.notTaken(collector, known, verdict);
    this.rejections.over();
    this.counts[verdict === 'new' ? 'events' : 'duplicates'] += 1;
    this.intake.count(collector);
    if (isOffClock(event)) flagClock(collector, lane, event);
    for (const warning of warnings ?? []) flag(collector, lane, event.seq, warning);
    if (event.type === 'run_start') this.hear(collector.runId, event.capabilities ?? []);
  }

  /** The binding of an event's run, or undefined when it must wait, or when its peer never said hello. */
  private bindEvent(event: TrackEvent, bytes: Uint8Array, start: number, end: number, warnings: Warnings): Binding | undefined {
    // While the run is being loaded the bytes go away: a copy waits instead.
    let copy = bytes;
    const binding = this.bindings.bind(this.runIdOf(event), () => this.event(event, copy, 0, copy.length, warnings));
    if (binding === undefined) copy = bytes.slice(start, end);
    return binding;
  }

  /** run_start may leave the choice of the id to the collector; everything after it means the same run. */
  private runIdOf(event: TrackEvent): string {
    if (event.runId !== '') return event.runId;
    this.assignedRunId ??= this.options.admission.runId ?? uuidv7();
    return this.assignedRunId;
  }

  private claim(binding: Binding, event: TrackEvent): Lane {
    const lane = binding.collector.laneFor(event);
    binding.lane = lane;
    this.owned.take(lane);
    if (this.assignedRunId === event.runId) this.hear(event.runId, this.hello?.capabilities ?? []);
    return lane;
  }

  /** A fault of our own: what the run has in memory cannot be trusted any more, and nobody but this peer is to notice. */
  private broken(error: unknown): void {
    const failure = XTrackError.from(error, 'XT_INTERNAL');
    if (this.bindings.last !== undefined) this.hub.discard(this.bindings.last.collector, failure);
    this.abort(failure);
  }

  private greet(hello: Hello): void {
    const refusal = this.door.greet(hello);
    if (refusal !== undefined) this.abort(refusal);
    else if (!hello.capabilities.includes('probe')) this.join(hello);
    else if (this.live) this.answers.welcome(hello);
  }

  private join(hello: Hello): void {
    const runId = hello.runId ?? this.options.admission.runId ?? this.assignedRunId ?? uuidv7();
    this.assignedRunId = runId;
    this.hello = hello;
    this.answers.agree(hello);
    this.decoder.setMaxFrame(negotiatedFrame(hello), this.answers.checksums);
    if (this.answers.checksums && this.live) this.decoder.requireChecksums(hello.capabilities.includes('crc_sparing'));
    const binding = this.bindings.bindUpToDate(runId, () => this.join(hello));
    if (binding !== undefined) this.welcome(binding, hello);
  }

  private welcome(binding: Binding, hello: Hello): void {
    const { collector } = binding;
    const forbidden = this.door.refusesToJoin(collector);
    if (forbidden !== undefined) return void this.abort(forbidden);
    // Of a run that is nobody's yet a key for some experiments is told nothing: with its first event it is found out whose it is.
    binding.lane = this.door.mustBegin(collector) ? undefined : enter(collector, hello, this.owned, binding.lane);
    if (this.live) this.answers.welcome(hello, binding.lane ?? unclaimed(collector, hello));
    if (binding.lane !== undefined) this.hear(collector.runId, hello.capabilities);
  }

  /** Another control plane holds the run: a worker of it is sent there, where its address is known and it answers. */
  private async cannotHave(runId: string, error: XTrackError): Promise<void> {
    const asks = this.live && runId === this.assignedRunId && error.code === 'XT_RUN_OWNED';
    const home = asks ? await homeOf(this.hub, runId, this.door, this.options.connection).catch(() => undefined) : undefined;
    this.abort(home?.refusal ?? error, home?.at);
  }

  private hear(runId: string, capabilities: readonly string[]): void {
    if (this.live && capabilities.includes('command')) this.hub.commands.attach(runId, this);
  }

  private evicted(runId: string): void {
    this.owned.dropRun(runId);
    // Only of a recorded file, or of a body, it is said in the end which runs were in it.
    if (this.live) this.bindings.runIds.delete(runId);
    this.hub.commands.detach(runId, this);
  }

  /** What it says to have made is believed as far as it may be on its way: what it has not sent yet is not missing. */
  private beat({ runId, worker, incarnation, lastSeq }: Heartbeat): void {
    const { sequence } = this.owned.find(runId ?? this.bindings.last?.collector.runId ?? '', worker, incarnation) ?? {};
    if (sequence !== undefined && lastSeq !== undefined) sequence.expect(Math.min(lastSeq, sequence.last + WINDOW.events));
  }

  private abort(error: XTrackError, home?: string): undefined {
    if (this.over) return;
    const { worker = '', incarnation = '' } = this.hello ?? {};
    if (home !== undefined && this.hello !== undefined) this.answers.sendOn(this.hello, home);
    else this.answers.refuse({ runId: this.assignedRunId ?? '', worker, incarnation }, 0, error);
    this.aborted = error;
    this.bindings.drop();
    this.options.connection.close();
    this.closed();
  }

  private finish(): void {
    if (this.aborted === undefined) this.decoder.end();
    this.hub.journal.endChunk();
    this.owned.release();
    for (const runId of this.bindings.runIds) this.hub.commands.detach(runId, this);
    this.bindings.release();
  }
}
