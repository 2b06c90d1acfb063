// What goes back to one peer: welcome, acks, commands. Acks wait, coalesced, while the peer does not read.

import {
  type CollectorMessage,
  type Command,
  encodeCollectorMessage,
  type Hello,
  LIMITS,
  withChecksum,
  XTrackError,
} from '../../protocol/index.js';
import type { Lane } from '../../runtime/lane.js';
import type { Connection } from '../transport.js';

/** A peer that reads nothing for so long (ms), while something waits for it, is sent away. */
const STALLED_MS = 30_000;

/** What a peer may have unacknowledged: 4 MiB or so many events. */
export const WINDOW = { bytes: 4 * 1024 * 1024, events: 20_000 } as const;

/** The limit of a frame (bytes) that a hello negotiates. */
export function negotiatedFrame(hello: Hello): number {
  return Math.min(Math.max(hello.maxFrame ?? 0, LIMITS.frame), LIMITS.frameHard);
}

export interface Addressee {
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
}

/** The writing half of a session. */
export class Answers {
  /** The peer asked for acks in its hello. */
  acks = false;
  /** The peer's hello names `crc`: every frame to it carries its checksum. */
  checksums = false;
  private readonly connection: Connection;
  private readonly deferred = new Map<Lane, number>();
  private readonly commands = new Map<string, Command>();
  private congested = false;
  /** Since when the peer has not read what was sent (ms of the monotonic clock). */
  private unreadSince = 0;
  private closed = false;
  private readonly waiting: (() => void)[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** What the peer can do. */
  agree({ capabilities }: Hello): void {
    this.acks = capabilities.includes('ack');
    this.checksums = capabilities.includes('crc');
  }

  send(message: CollectorMessage): void {
    if (this.closed) return;
    const frame = encodeCollectorMessage(message);
    if (this.connection.send(this.checksums ? withChecksum(frame) : frame) || this.congested) return;
    this.congested = true;
    this.unreadSince = performance.now();
  }

  /** While the peer does not read, a command waits. */
  command(command: Command): void {
    if (this.congested) this.commands.set(command.commandId, command);
    else this.send(command);
  }

  /** True while so much waits for the peer that nothing more should be read of it. */
  get full(): boolean {
    return this.congested && !this.closed;
  }

  /** Why a peer is sent away that has read nothing for so long that it is not going to. `now`: ms of the monotonic clock. */
  stalled(now: number): XTrackError | undefined {
    if (!this.full || now - this.unreadSince <= STALLED_MS) return undefined;
    return new XTrackError('XT_TIMEOUT', { detail: 'what was sent to the peer is not read' });
  }

  /** Resolves when the peer has read what was sent, or is gone. */
  async read(): Promise<void> {
    while (this.full) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Nothing more is written. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  /** Without a lane: the peer only asked who is there. */
  welcome(hello: Hello, lane?: Lane): void {
    const capabilities = ['ack', 'command', 'crc', 'crc_sparing', 'gap', 'probe'];
    this.send({
      type: 'welcome',
      server: 'xtrack',
      capabilities,
      resumeFrom: (lane?.durable ?? 0) + 1,
      window: WINDOW,
      maxFrame: negotiatedFrame(hello),
      ...(lane === undefined ? {} : { runId: lane.runId }),
    });
  }

  /** The run is at home elsewhere: the peer goes there, and whatever it has sent here was not taken. */
  sendOn(hello: Hello, redirect: string): void {
    const capabilities = ['ack', 'probe'];
    this.send({
      type: 'welcome',
      server: 'xtrack',
      capabilities,
      resumeFrom: 1,
      window: WINDOW,
      maxFrame: negotiatedFrame(hello),
      redirect,
    });
  }

  acknowledge(lane: Lane, seq: number, resend: { from: number; to: number } | undefined): void {
    if (!this.acks) return;
    if (this.congested) {
      this.deferred.set(lane, seq);
      return;
    }
    const { runId, worker } = lane;
    const incarnation = lane.implied ? '' : lane.incarnation;
    this.send({ type: 'ack', seq, status: 'ok', runId, worker, incarnation, ...(resend === undefined ? {} : { resend }) });
  }

  /** One event (seq > 0) or the whole connection (seq 0) is refused. */
  refuse(addressee: Addressee, seq: number, error: XTrackError): void {
    if (this.acks || seq === 0) this.send({ type: 'ack', seq, status: 'error', error: error.message, ...addressee });
  }

  /** The connection can be written to again. */
  drained(): void {
    this.congested = false;
    const deferred = [...this.deferred];
    this.deferred.clear();
    for (const [lane, seq] of deferred) this.acknowledge(lane, seq, undefined);
    const commands = [...this.commands.values()];
    this.commands.clear();
    for (const command of commands) this.command(command);
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
