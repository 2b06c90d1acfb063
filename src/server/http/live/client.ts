// One reader of the stream: how far it has read, and whether its socket takes more.

import type { Writable } from 'node:stream';
import { filterKey, type LiveBatch, type LiveFilter, message } from './batch.js';

/** Where the answer is written: an HTTP response whose head is out. */
export type LiveSocket = Pick<Writable, 'write' | 'end' | 'destroy' | 'once' | 'destroyed'>;

export interface LiveClientOptions {
  readonly socket: LiveSocket;
  readonly filter: LiveFilter;
  /** Whose places are counted together: a key, or an address where there is none. */
  readonly caller: string;
  /** False once what it was admitted with is out of force. */
  readonly isInForce: () => boolean;
}

export class LiveClient {
  readonly filter: LiveFilter;
  /** Clients with the same key get the same bytes. */
  readonly key: string;
  readonly caller: string;
  readonly isInForce: () => boolean;
  /** Number of the entry that comes next. */
  position = 0;
  private readonly socket: LiveSocket;
  /** ms of the monotonic clock: since when the socket takes no more. */
  private blockedSince: number | undefined;

  constructor({ socket, filter, caller, isInForce }: LiveClientOptions) {
    this.socket = socket;
    this.filter = filter;
    this.key = filterKey(filter);
    this.caller = caller;
    this.isInForce = isInForce;
  }

  get writable(): boolean {
    return this.blockedSince === undefined && !this.socket.destroyed;
  }

  /** ms for which the socket has not taken anything. `now`: ms of the monotonic clock. */
  stalledFor(now: number): number {
    return this.blockedSince === undefined ? 0 : now - this.blockedSince;
  }

  take({ bytes, next }: LiveBatch, onDrain: () => void): void {
    this.position = next;
    if (bytes !== undefined) this.write(bytes, onDrain);
  }

  /** Says where it stands: a client whose filter lets nothing through would else come back with a place that is long gone. */
  beat(id: string, onDrain: () => void): void {
    this.write(Buffer.from(`: \nid: ${id}\n\n`), onDrain);
  }

  /** What it had asked for cannot be had: it reads everything anew. */
  reset(reason: string, id: string, onDrain: () => void): void {
    this.write(Buffer.from(message('reset', JSON.stringify({ reason }), id)), onDrain);
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private write(bytes: Buffer, onDrain: () => void): void {
    if (this.socket.destroyed || this.socket.write(bytes)) return;
    this.blockedSince = performance.now();
    this.socket.once('drain', () => {
      this.blockedSince = undefined;
      onDrain();
    });
  }
}
