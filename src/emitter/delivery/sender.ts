// Brings the queue's events to a collector: connects, keeps within the window, sends again from the last acknowledged one, for ever.

import type { Ack, CollectorMessage, Welcome } from '../../protocol/collector-messages.js';
import type { EventQueue } from '../event-queue.js';
import { warnOnce } from '../warnings.js';
import { Backoff } from './backoff.js';
import { Connection } from './connection.js';
import type { Endpoint } from './delivery.js';
import { FlushWaiters } from './flush-waiters.js';
import { InFlight } from './in-flight.js';
import { Pulse } from './pulse.js';
import { Route } from './route.js';
import type { SenderOptions } from './sender-options.js';

/** Milliseconds that a collector has to answer hello: silence acknowledges nothing, and another connection may do better. */
const WELCOME_WITHIN = 10_000;
/** Milliseconds after which a connection that was welcomed counts as one that went well. */
const WENT_WELL = 5000;
/** Milliseconds and bytes that a busy loop may gather before its own log call sends them. */
const LINGER = 20;
const GATHER = 32 * 1024;

/** Refusals that soon may not be true any more: of control planes that share a store, another one has the run, or has just taken it. */
const PASSES: ReadonlySet<string | undefined> = new Set(['XT_RUN_OWNED', 'XT_RUN_CHANGED']);

/** Why a connection was given up of which the user has been told already. */
const TOLD = new Error('told');

export class Sender {
  readonly #options: SenderOptions;
  readonly #queue: EventQueue;
  readonly #flight = new InFlight();
  readonly #waiters = new FlushWaiters(() => this.#applyHold());
  readonly #backoff = new Backoff();
  readonly #route: Route;
  #connection: Connection | null = null;
  #retry: NodeJS.Timeout | undefined;
  readonly #pulse: Pulse;
  #everOpen = false;
  #awaitsWelcome = false;
  /** `performance.now()` of the welcome on this connection. */
  #welcomedAt = Number.POSITIVE_INFINITY;
  #closed = false;
  /** The next address is that of a redirect, and due at once. */
  #moved = false;
  /** A newer incarnation of this worker took over: nothing is sent any more, the spool keeps it all. */
  #fenced = false;
  /** Number of the first event sent on this connection. */
  #sentFrom = 1;
  #scheduled = false;
  /** `performance.now()`. */
  #lastPump = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#queue = options.queue;
    this.#route = new Route(options.endpoints, options.again);
    this.#pulse = new Pulse({ ...options, connection: () => this.#connection, owedSince: () => this.#flight.waitingSince });
    this.#connect();
  }

  /** Number up to which every event is durable. */
  get acked(): number {
    return this.#flight.acked;
  }

  /** New events are in the queue: they go out in this turn's end, or now when the caller has been busy for long. */
  notify(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#pump());
    } else if (this.#queue.end - this.#flight.cursor.offset >= GATHER || performance.now() - this.#lastPump >= LINGER) {
      this.#pump();
    }
  }

  /** Sends what the kernel takes at once: the last chance of an exiting process. */
  pushNow(): void {
    this.#pump();
  }

  /** True once everything up to now is acknowledged; false when that cannot be, or not within the time. */
  settle(timeoutMs: number): Promise<boolean> {
    const settled = this.#waiters.add(this.#queue.lastSeq, timeoutMs);
    this.#pump();
    this.#tellWaiters();
    return settled;
  }

  /** Ends the session; what is not acknowledged stays in the queue. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#pulse.stop();
    clearTimeout(this.#retry);
    await this.#connection?.end();
    this.#waiters.settleAll(false);
  }

  #connect(): void {
    const endpoint = this.#route.current;
    if (endpoint === undefined || this.#closed) return;
    const { hello, answerMs } = this.#options;
    try {
      const connection = new Connection(endpoint, hello(endpoint), Math.min(WELCOME_WITHIN, answerMs), {
        open: () => this.#safely(() => this.#opened()),
        message: (message) => this.#safely(() => this.#receive(message)),
        silent: () => this.#unanswered(endpoint),
        drain: () => this.#pump(),
        close: (reason, opened) => this.#lost(endpoint, reason, opened),
      });
      this.#connection = connection;
      connection.start();
      this.#applyHold();
    } catch (error) {
      this.#lost(endpoint, error instanceof Error ? error : new Error(String(error)), false);
    }
  }

  #opened(): void {
    // The first connection has nothing to learn from welcome; a later one would send much that the collector has already.
    this.#flight.expectsAcks = this.#options.acks && this.#connection?.duplex === true;
    this.#awaitsWelcome = this.#everOpen && this.#flight.expectsAcks;
    this.#everOpen = true;
    this.#welcomedAt = Number.POSITIVE_INFINITY;
    this.#flight.restart(this.#queue.locate(this.#flight.acked + 1));
    this.#sentFrom = this.#flight.cursor.seq;
    this.#pump();
  }

  #lost(endpoint: Endpoint, reason: Error | null, opened: boolean): void {
    if (performance.now() - this.#welcomedAt > WENT_WELL) this.#backoff.reset();
    this.#connection = null;
    if (this.#closed) return;
    if (!opened && !this.#everOpen && this.#options.optional) {
      this.#options.onAbsent();
      this.#waiters.settleAll(false);
    } else if (reason !== TOLD) {
      warnOnce(`lost ${endpoint.kind}`, `no connection to the collector (${reason?.message ?? 'closed'}); events wait in the spool`);
    }
    if (this.#moved) {
      this.#moved = false;
      this.#connect();
      return;
    }
    this.#route.lost();
    if (this.#fenced || this.#route.current === undefined) {
      this.#waiters.settleAll(false);
      return;
    }
    this.#retry = setTimeout(() => this.#connect(), this.#backoff.next());
    this.#applyHold();
  }

  /** Whoever says nothing has acknowledged nothing. An inherited descriptor has one connection only: there the rule of the owed acks is left to decide. */
  #unanswered(endpoint: Endpoint): void {
    if (!this.#options.acks) return;
    warnOnce(
      `silent ${endpoint.kind}`,
      'the collector does not answer: nothing counts as delivered, events wait in the spool (XTRACK_ACKS=off sends without acks)',
    );
    if (endpoint.kind !== 'fd') this.#connection?.destroy(TOLD);
  }

  #receive(message: CollectorMessage): void {
    if (message.type === 'welcome') this.#welcomed(message);
    else if (message.type === 'ack') this.#acknowledged(message);
    else this.#options.onCommand(message);
  }

  #welcomed(welcome: Welcome): void {
    this.#awaitsWelcome = false;
    this.#welcomedAt = performance.now();
    if (welcome.redirect !== undefined) {
      this.#redirected(welcome.redirect);
      return;
    }
    if (this.#connection !== null) this.#connection.checks = welcome.capabilities.includes('crc');
    if (!this.#options.acks) return;
    this.#flight.expectsAcks = welcome.capabilities.includes('ack') || welcome.capabilities.length === 0;
    this.#flight.setWindow(welcome.window);
    // What was sent on this connection already need not be repeated, unless the collector lacks something from before it.
    if (welcome.resumeFrom < this.#sentFrom) this.#startAgain(welcome.resumeFrom);
    this.#advance(Math.min(welcome.resumeFrom - 1, this.#queue.lastSeq));
    this.#pump();
  }

  /** The run is at home elsewhere: nothing that this collector says of it counts. */
  #redirected(address: string): void {
    if (this.#route.redirect(address)) {
      this.#moved = true;
      warnOnce(`moved ${address}`, `the collector sends us on to ${address}`);
    } else {
      this.#backoff.slow();
      warnOnce('redirect', `the collector sends us on to ${JSON.stringify(address)}, which is not followed; events wait in the spool`);
    }
    this.#connection?.destroy(TOLD);
  }

  #acknowledged(ack: Ack): void {
    if (ack.status === 'error') {
      this.#refused(ack);
      return;
    }
    if (!this.#options.acks) return;
    this.#flight.expectsAcks = true;
    this.#advance(Math.min(ack.seq, this.#queue.lastSeq));
    if (ack.resend !== undefined) this.#sendAgain(ack.resend.from, ack.resend.to);
    this.#pump();
  }

  /** One event, or with number 0 the session, was refused: said once, and never repeated, since that cannot help. */
  #refused(ack: Ack): void {
    const what = ack.seq > 0 ? `event ${ack.seq}` : 'this worker';
    warnOnce(`refused ${ack.error?.split(':')[0]}`, `the collector refused ${what}: ${ack.error ?? 'no reason given'}`);
    if (ack.seq !== 0) return;
    if (!PASSES.has(ack.error?.split(':')[0])) this.#backoff.slow();
    if (ack.error?.startsWith('XT_FENCED') !== true) return;
    this.#fenced = true;
    this.#connection?.destroy(TOLD);
  }

  /** Everything up to `seq` is durable. */
  #advance(seq: number): void {
    if (seq <= this.#flight.acked) return;
    this.#backoff.reset();
    this.#route.confirm();
    // The collector can have more than this connection sent: what an earlier one brought.
    if (this.#flight.cursor.seq <= seq) this.#flight.cursor = this.#queue.locate(seq + 1);
    const free = this.#flight.acknowledge(seq);
    if (free !== null) {
      this.#queue.free(free);
      this.#queue.declare();
    }
    this.#tellWaiters();
  }

  /** The collector has lost what an earlier one acknowledged: it gets what is still there, and is told of the rest. */
  #startAgain(seq: number): void {
    const missing = { from: seq, to: this.#queue.firstSeq - 1 };
    if (missing.to >= missing.from) this.#queue.append([{ type: 'gap', ...missing, reason: 'acknowledged before, and no longer kept' }]);
    this.#flight.acked = Math.min(this.#flight.acked, seq - 1);
    this.#flight.restart(this.#queue.locate(seq));
  }

  #sendAgain(from: number, to: number): void {
    let cursor = this.#queue.locate(from);
    const last = Math.min(to, this.#flight.cursor.seq - 1);
    while (cursor.seq <= last) {
      const batch = this.#queue.read(cursor, last - cursor.seq + 1);
      if (batch === null) return;
      this.#connection?.write(batch.bytes);
      cursor = batch.next;
    }
  }

  #pump(): void {
    this.#safely(() => this.#sendQueued());
  }

  #sendQueued(): void {
    this.#scheduled = false;
    this.#lastPump = performance.now();
    while (this.#connection?.hasRoom === true && !this.#awaitsWelcome) {
      const allowed = this.#flight.allowance;
      const batch = allowed > 0 ? this.#queue.read(this.#flight.cursor, allowed) : null;
      if (batch === null) break;
      this.#connection.write(batch.bytes);
      this.#flight.sent(batch);
    }
    if (!this.#flight.expectsAcks) this.#tellWaiters();
  }

  #tellWaiters(): void {
    const { acked, cursor, expectsAcks } = this.#flight;
    this.#waiters.acknowledged(acked);
    const connection = this.#connection;
    const nobody = connection === null && this.#options.optional && !this.#everOpen && this.#backoff.failing;
    const allSent = connection?.isDrained === true && !expectsAcks && cursor.seq > this.#queue.lastSeq;
    if (nobody || allSent || this.#fenced) this.#waiters.settleAll(false);
  }

  /** While somebody waits for a flush, the connection and the next attempt keep the process alive; otherwise they do not. */
  #applyHold(): void {
    const held = this.#waiters.size > 0;
    this.#connection?.hold(held);
    if (held) this.#retry?.ref();
    else this.#retry?.unref();
  }

  /** Trouble of the emitter's own never reaches the training: the spool still has the events. */
  #safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      warnOnce('sender', `sending failed (${error instanceof Error ? error.message : String(error)}); events wait in the spool`);
    }
  }
}
