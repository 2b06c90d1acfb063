// Brings the queue's events to a collector: connects, keeps within the window, sends again from the last acknowledged one, for ever.

import type { Ack, CollectorMessage, Command, Welcome } from '../protocol/collector-messages.js';
import { Connection } from './connection.js';
import type { Endpoint } from './delivery.js';
import type { EventQueue } from './event-queue.js';
import { FlushWaiters } from './flush-waiters.js';
import { InFlight } from './in-flight.js';
import { warnOnce } from './warnings.js';

export interface SenderOptions {
  readonly endpoints: readonly Endpoint[];
  readonly queue: EventQueue;
  /** Nobody said that a collector is there. */
  readonly optional: boolean;
  readonly hello: () => Uint8Array;
  readonly heartbeat: () => Uint8Array;
  readonly onCommand: (command: Command) => void;
  /** Told once, when an optional collector does not answer. */
  readonly onAbsent: () => void;
}

const BACKOFF = { first: 100, most: 5000 };
/** Milliseconds of silence after which a heartbeat goes out; of an unanswered, busy connection after which it is given up. */
const HEARTBEAT = 15_000;
const HALF_OPEN = 45_000;
/** Milliseconds and bytes that a busy loop may gather before its own log call sends them. */
const LINGER = 20;
const GATHER = 32 * 1024;

export class Sender {
  readonly #options: SenderOptions;
  readonly #queue: EventQueue;
  readonly #flight = new InFlight();
  readonly #waiters = new FlushWaiters(() => this.#applyHold());
  #connection: Connection | null = null;
  #endpoint = 0;
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #pulse: NodeJS.Timeout;
  #everOpen = false;
  #awaitsWelcome = false;
  #closed = false;
  /** Number of the first event sent on this connection. */
  #sentFrom = 1;
  #scheduled = false;
  /** `performance.now()`. */
  #lastPump = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#queue = options.queue;
    this.#pulse = setInterval(() => this.#beat(), 5000).unref();
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
    clearInterval(this.#pulse);
    clearTimeout(this.#retry);
    await this.#connection?.end();
    this.#waiters.settleAll(false);
  }

  #connect(): void {
    const endpoint = this.#options.endpoints[this.#endpoint];
    if (endpoint === undefined || this.#closed) return;
    try {
      const connection = new Connection(endpoint, this.#options.hello(), {
        open: () => this.#safely(() => this.#opened()),
        message: (message) => this.#safely(() => this.#receive(message)),
        silent: () => this.#fallSilent(),
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
    this.#awaitsWelcome = this.#everOpen;
    this.#everOpen = true;
    this.#flight.expectsAcks = true;
    this.#flight.restart(this.#queue.locate(this.#flight.acked + 1));
    this.#sentFrom = this.#flight.cursor.seq;
    this.#pump();
  }

  #lost(endpoint: Endpoint, reason: Error | null, opened: boolean): void {
    if (this.#connection !== null && performance.now() - this.#connection.startedAt > BACKOFF.most) this.#attempts = 0;
    this.#connection = null;
    if (this.#closed) return;
    if (!opened && !this.#everOpen && this.#options.optional) {
      this.#options.onAbsent();
      this.#waiters.settleAll(false);
    } else {
      warnOnce(`lost ${endpoint.kind}`, `no connection to the collector (${reason?.message ?? 'closed'}); events wait in the spool`);
    }
    // An inherited descriptor and stdout cannot be opened again.
    if (endpoint.kind === 'fd' || endpoint.kind === 'stdout') {
      this.#endpoint += 1;
      this.#attempts = 0;
    }
    if (this.#options.endpoints[this.#endpoint] === undefined) {
      this.#waiters.settleAll(false);
      return;
    }
    const wait = Math.min(BACKOFF.most, BACKOFF.first * 2 ** this.#attempts) * (0.5 + Math.random() / 2);
    this.#attempts += 1;
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#applyHold();
  }

  #receive(message: CollectorMessage): void {
    if (message.type === 'welcome') this.#welcomed(message);
    else if (message.type === 'ack') this.#acknowledged(message);
    else this.#options.onCommand(message);
  }

  #welcomed(welcome: Welcome): void {
    this.#awaitsWelcome = false;
    this.#flight.expectsAcks = welcome.capabilities.includes('ack') || welcome.capabilities.length === 0;
    this.#flight.setWindow(welcome.window);
    // What was sent on this connection already need not be repeated, unless the collector lacks something from before it.
    if (welcome.resumeFrom < this.#sentFrom) this.#startAgain(welcome.resumeFrom);
    this.#advance(Math.min(welcome.resumeFrom - 1, this.#queue.lastSeq));
    this.#pump();
  }

  #acknowledged(ack: Ack): void {
    if (ack.status === 'error') {
      this.#refused(ack);
      return;
    }
    this.#flight.expectsAcks = true;
    this.#advance(Math.min(ack.seq, this.#queue.lastSeq));
    if (ack.resend !== undefined) this.#sendAgain(ack.resend.from, ack.resend.to);
    this.#pump();
  }

  /** One event, or with number 0 the session, was refused: said once, and never repeated, since that cannot help. */
  #refused(ack: Ack): void {
    const what = ack.seq > 0 ? `event ${ack.seq}` : 'this worker';
    warnOnce(`refused ${ack.error?.split(':')[0]}`, `the collector refused ${what}: ${ack.error ?? 'no reason given'}`);
    if (ack.seq === 0) this.#attempts = Math.max(this.#attempts, 6);
  }

  /** Everything up to `seq` is durable. */
  #advance(seq: number): void {
    if (seq <= this.#flight.acked) return;
    this.#attempts = 0;
    // The collector can have more than this connection sent: what an earlier one brought.
    if (this.#flight.cursor.seq <= seq) this.#flight.cursor = this.#queue.locate(seq + 1);
    const free = this.#flight.acknowledge(seq);
    if (free !== null) this.#queue.free(free);
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

  #fallSilent(): void {
    this.#awaitsWelcome = false;
    this.#flight.expectsAcks = false;
    this.#pump();
  }

  #tellWaiters(): void {
    const { acked, cursor, expectsAcks } = this.#flight;
    this.#waiters.acknowledged(acked);
    const connection = this.#connection;
    const nobody = connection === null && this.#options.optional && !this.#everOpen && this.#attempts > 0;
    const allSent = connection?.isDrained === true && !expectsAcks && cursor.seq > this.#queue.lastSeq;
    if (nobody || allSent) this.#waiters.settleAll(false);
  }

  #beat(): void {
    const connection = this.#connection;
    if (connection === null || !connection.isOpen) return;
    const now = performance.now();
    if (now - Math.max(connection.lastRead, this.#flight.waitingSince) > HALF_OPEN) connection.destroy(new Error('no answer for 45 s'));
    else if (now - connection.lastWrite >= HEARTBEAT) connection.write(this.#options.heartbeat());
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
