// One tracked run: the verbs that training code calls. Each returns once its event is in the spool, and never throws unless asked to.

import { join, resolve } from 'node:path';
import type { CommandType } from '../protocol/collector-messages.js';
import { encodeEvent } from '../protocol/encode.js';
import { XTrackError } from '../protocol/errors.js';
import type { EndStatus, WorkerStatus } from '../protocol/events.js';
import { type ArtifactOptions, describeArtifact } from './artifact-file.js';
import { CommandDesk, type CommandHandler } from './command-desk.js';
import type { Delivery, Endpoint } from './delivery/delivery.js';
import { CAPABILITIES, greeting } from './delivery/greeting.js';
import { Sender } from './delivery/sender.js';
import type { SenderOptions } from './delivery/sender-options.js';
import { Spool } from './delivery/spool.js';
import { chooseSpoolFolder } from './delivery/spool-folder.js';
import { spoolHeader } from './delivery/spool-header.js';
import {
  type CheckpointOptions,
  type EndOptions,
  EventBodies,
  given,
  type LogOptions,
  type MetricOptions,
  type StatusOptions,
} from './event-bodies.js';
import { type EventBody, EventQueue, type Identity } from './event-queue.js';
import { maskSecrets } from './masking.js';
import { type Complaints, say, warnOnce } from './warnings.js';

export interface RunSetup extends Pick<SenderOptions, 'again' | 'acks' | 'answerMs'> {
  readonly identity: Identity;
  readonly delivery: Delivery;
  /** What a hello carries; asked for each, since a server may have made it meanwhile. */
  readonly token: (endpoint: Endpoint) => string | undefined;
  /** Milliseconds that `flush` and `end` wait for a collector, unless told otherwise. */
  readonly patienceMs: number;
  /** Whether secrets are masked. */
  readonly mask: boolean;
  /** Bytes that may wait in the spool; undefined for the usual bound. */
  readonly spoolCap: number | undefined;
  readonly complaints: Complaints;
  readonly start: EventBody;
  /** Told when the run has ended. */
  readonly onEnd: (run: EmitterRun) => void;
}

export class EmitterRun {
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly #setup: RunSetup;
  readonly #bodies: EventBodies;
  readonly #desk: CommandDesk;
  readonly #queue: EventQueue | null;
  readonly #spool: Spool | null;
  readonly #sender: Sender | null;
  readonly #startedAt = performance.now();
  #ended: Promise<void> | null = null;
  #closed = false;
  /** Ended with the process, not by the caller. */
  #byItself = false;
  /** Nobody answered, and the user was told where the events are. */
  #absent = false;

  /** Use `startRun`. */
  constructor(setup: RunSetup) {
    this.#setup = setup;
    this.runId = setup.identity.runId;
    this.worker = setup.identity.worker;
    this.incarnation = setup.identity.incarnation;
    this.#bodies = new EventBodies(setup.complaints);
    this.#desk = new CommandDesk((answer) => this.#emit([{ type: 'command_result', ...answer }]));
    this.#spool = setup.delivery.record === 'none' ? null : this.#openSpool(setup.delivery);
    this.#queue = this.#spool && new EventQueue(setup.identity, this.#spool);
    this.#append([setup.start]);
    this.#sender = this.#queue && setup.delivery.endpoints.length > 0 ? this.#openSender(this.#queue, setup.delivery) : null;
  }

  /** True once `end` was called. */
  get ended(): boolean {
    return this.#ended !== null;
  }

  /** True once the control plane asked the run to stop: leave the training loop and `end`. */
  get shouldStop(): boolean {
    return this.stopSignal.aborted;
  }

  /** Aborts when the control plane asks the run to stop. */
  get stopSignal(): AbortSignal {
    return this.#desk.stopSignal;
  }

  /** The file that holds the events: the spool or the file transport's; null when tracking is off. */
  get file(): string | null {
    return this.#spool?.path ?? null;
  }

  /** One hyper-parameter; any value is turned into JSON. */
  logParam(key: string, value: unknown): void {
    this.#guard(() => this.#bodies.param(key, value));
  }

  /** Hyper-parameters; nested objects become dotted keys (`optimizer.lr`). */
  logParams(params: Readonly<Record<string, unknown>>): void {
    this.#guard(() => this.#bodies.params(params));
  }

  /** One measured number; NaN and infinities are kept as such. */
  logMetric(key: string, value: unknown, options: MetricOptions = {}): void {
    this.#guard(() => this.#bodies.metric(key, value, options));
  }

  /** Numbers measured together: one event. */
  logMetrics(metrics: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>, options: MetricOptions = {}): void {
    this.#guard(() => this.#bodies.metrics(metrics, options));
  }

  /** Labels by which the run is found again; a later value of a tag replaces an earlier one. */
  setTags(tags: Readonly<Record<string, unknown>>): void {
    this.#guard(() => this.#bodies.tags(tags));
  }

  /** A file that the run made; size and checksum are read here. */
  logArtifact(path: string, options: ArtifactOptions = {}): void {
    this.#guard(() => [describeArtifact(path, options)]);
  }

  /** A checkpoint that was written. */
  logCheckpoint(options: CheckpointOptions): void {
    this.#guard(() => this.#bodies.checkpoint(options));
  }

  /** What the run is doing, with progress where `current` is given. */
  setStatus(status: WorkerStatus, options: StatusOptions = {}): void {
    this.#guard(() => this.#bodies.status(status, options));
  }

  /** A log line; one beyond 64 KiB becomes several. */
  log(message: unknown, options: LogOptions = {}): void {
    this.#guard(() => this.#bodies.log(message, options));
  }

  /**
   * Answers commands of one type; a later handler replaces the earlier one. What it returns or resolves to is the command's result, what it
   * throws its error. Without a handler `stop` sets `shouldStop`, and other types are answered as unsupported.
   */
  onCommand(type: CommandType, handler: CommandHandler): void {
    this.#desk.on(type, handler);
  }

  /** True once the control plane has everything so far on disk (or the file has it, where events go to a file); false when not within `timeoutMs`. */
  flush(options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    if (this.#sender === null) return Promise.resolve(this.#spool?.inFile ?? true);
    return this.#sender.settle(options.timeoutMs ?? this.#setup.patienceMs);
  }

  /**
   * Ends the run and waits until the control plane has it all, 10 s at most (`XTRACK_FLUSH_TIMEOUT` in seconds); what is not delivered stays in the spool, and one line on
   * stderr says how to import it. A second call waits for the first.
   */
  end(status: EndStatus = 'completed', options: EndOptions & { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#ended ??= this.#finish(status, options);
    return this.#ended;
  }

  /** Ends the run as `await using` leaves its block: completed, since a disposer is not told of errors. See `withRun`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  /** As `end`, when the process has nothing left to do: what its exit handlers log still goes into the file. */
  endByItself(status: EndStatus, options: EndOptions): void {
    this.#byItself ||= this.#ended === null;
    void this.end(status, options);
  }

  /** For the exit of the process, where nothing asynchronous happens any more: ends the run in the spool and sends what the kernel takes. */
  endAtExit(status: EndStatus, options: EndOptions): void {
    if (this.#ended === null) {
      this.#append([this.#bodies.end(status, options, Math.round(performance.now() - this.#startedAt))]);
      this.#ended = Promise.resolve();
      this.#byItself = true;
    }
    this.#sender?.pushNow();
    this.#close(this.#allAcked());
  }

  async #finish(status: EndStatus, options: EndOptions & { readonly timeoutMs?: number }): Promise<void> {
    this.#append([this.#bodies.end(status, options, Math.round(performance.now() - this.#startedAt))]);
    let delivered = await this.flush(options);
    if (delivered && !this.#allAcked()) delivered = await this.flush(options);
    await this.#sender?.close();
    // Whatever was logged meanwhile and not acknowledged keeps the file.
    this.#close(delivered && this.#allAcked());
    this.#setup.onEnd(this);
  }

  #close(delivered: boolean): void {
    if (this.#spool === null || this.#closed) return;
    this.#closed = true;
    const keep = this.#setup.delivery.record === 'file' || !delivered;
    // What other handlers of the exit still log goes in as well, so a file that stays is left open then.
    const whole = keep && this.#byItself ? this.#spool.inFile : this.#spool.close(keep);
    if (!delivered) this.#report(whole);
    else if (this.#absent) say(`run ${this.runId} was delivered after all`);
  }

  /** Says what became of events that nobody acknowledged. */
  #report(whole: boolean): void {
    const path = this.#spool?.path;
    if (!whole)
      say(
        `run ${this.runId}: ${path} could not be written, and what it does not hold and was not delivered is lost (where it could, it says so)`,
      );
    else if (!this.#absent) this.#sayWhereItIs('was not acknowledged');
  }

  #sayWhereItIs(why: string, path = this.#spool?.path): void {
    say(`run ${this.runId} ${why}; its events are in ${path}: npx xtrack replay ${path}`);
  }

  #allAcked(): boolean {
    if (this.#sender === null) return this.#spool?.inFile ?? true;
    return this.#queue !== null && this.#sender.acked >= this.#queue.lastSeq;
  }

  #guard(make: () => readonly EventBody[]): void {
    if (this.#queue === null) return;
    try {
      // Nothing is lost until the caller's own end is through; exit handlers run in any order.
      if (this.#ended !== null && !this.#byItself && (this.#closed || this.#setup.complaints.strict))
        throw new XTrackError('XT_ARGUMENT', { detail: `run ${this.runId} has ended`, field: 'run' });
      this.#append(make());
    } catch (error) {
      if (this.#setup.complaints.strict) throw error;
      warnOnce(
        `log ${error instanceof Error ? error.name : ''}`,
        `an event was left out: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #emit(bodies: readonly EventBody[]): void {
    if (this.#ended === null) this.#append(bodies);
  }

  #append(bodies: readonly EventBody[]): void {
    if (this.#queue === null || bodies.length === 0) return;
    if (!this.#queue.append(this.#setup.mask ? maskSecrets(bodies) : bodies))
      warnOnce('full', `the spool is full; what does not fit is counted and reported as missing`);
    this.#sender?.notify();
  }

  /** The user's file where one is asked for and can be written; a spool of our own otherwise. */
  #openSpool(delivery: Delivery): Spool {
    const named = `${this.incarnation}.xtf`;
    if (delivery.record === 'spool') return this.#openFile(join(chooseSpoolFolder(delivery.path), named), false);
    const file = this.#openFile(resolve(delivery.path), true);
    if (file.isOpen) return file;
    const spool = this.#openFile(join(chooseSpoolFolder(delivery.spoolFolder), named), false);
    this.#sayWhereItIs('cannot be written there', spool.path);
    return spool;
  }

  #openFile(path: string, shared: boolean): Spool {
    return new Spool({
      path,
      shared,
      ...given('limit', this.#setup.spoolCap),
      // A file cannot answer, so it holds neither token nor capabilities that ask for answers.
      header: spoolHeader(greeting(this.#setup.identity, ['gap']), this.#setup.delivery.data),
      onTrouble: (error) => warnOnce(`spool ${path}`, `${path} cannot be written (${(error as Error).message})`),
    });
  }

  #openSender(queue: EventQueue, delivery: Delivery): Sender {
    const { identity, token, again, acks, answerMs } = this.#setup;
    const capabilities = CAPABILITIES.filter((name) => name !== 'ack' || acks);
    return new Sender({
      endpoints: delivery.endpoints,
      queue,
      optional: delivery.optional,
      acks,
      answerMs,
      again,
      hello: (endpoint) => encodeEvent(greeting(identity, capabilities, { token: token(endpoint), lastSeq: queue.lastSeq })),
      heartbeat: () => encodeEvent({ type: 'heartbeat', ...identity, lastSeq: queue.lastSeq }),
      onCommand: (command) => void this.#desk.receive(command),
      onAbsent: () => {
        if (this.#absent) return;
        this.#absent = true;
        this.#sayWhereItIs('is recorded without a control plane');
      },
    });
  }
}
