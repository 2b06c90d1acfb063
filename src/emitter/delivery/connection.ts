// One session with a collector over one byte stream: hello out; welcome, acks and commands in; its end reported exactly once.

import type { Socket } from 'node:net';
import type { CollectorMessage } from '../../protocol/collector-messages.js';
import { XTrackError } from '../../protocol/errors.js';
import { withChecksum } from '../../protocol/frames/frame-checksum.js';
import { HEADER_BYTES } from '../../protocol/limits.js';
import { CollectorReader } from './collector-reader.js';
import type { Endpoint } from './delivery.js';
import { type Channel, openEndpoint } from './endpoint.js';

/** Bytes that may wait in the process for the kernel to take them. */
const BACKLOG = 64 * 1024;
/** Milliseconds until a connection must stand: one that hangs would keep a finished process alive. */
const CONNECT_WITHIN = 5000;
/** Milliseconds that a last write may take when a connection is closed. */
const CLOSE_WITHIN = 1000;

export interface ConnectionEvents {
  /** The stream is open and hello is on its way. */
  open(): void;
  message(message: CollectorMessage): void;
  /** Nothing answered hello within the time. */
  silent(): void;
  /** The kernel has every byte. */
  drain(): void;
  /** The stream is gone; `opened` tells a broken connection from one that never was. */
  close(reason: Error | null, opened: boolean): void;
}

export class Connection {
  readonly #channel: Channel;
  readonly #hello: Uint8Array;
  readonly #welcomeMs: number;
  readonly #events: ConnectionEvents;
  #timer: NodeJS.Timeout | undefined;
  #open = false;
  #welcome = false;
  #closed = false;
  #reason: Error | null = null;
  /** `performance.now()` of the start, and of the last bytes in and out. */
  readonly startedAt = performance.now();
  lastRead = this.startedAt;
  lastWrite = this.startedAt;
  /** The collector checks checksums. */
  checks = false;

  /** `welcomeMs`: what a collector has to answer hello. */
  constructor(endpoint: Endpoint, hello: Uint8Array, welcomeMs: number, events: ConnectionEvents) {
    this.#channel = openEndpoint(endpoint);
    this.#hello = hello;
    this.#welcomeMs = welcomeMs;
    this.#events = events;
  }

  /** Begins; the events may be reported from within this call. */
  start(): void {
    const { stream, ready, socket } = this.#channel;
    stream.on('error', (error: Error) => {
      this.#reason ??= error;
      // stdout is the script's: it is left, not destroyed.
      if (socket === null) this.#finish();
    });
    stream.on('close', () => this.#finish());
    if (socket !== null) this.#listen(socket);
    if (ready === null) {
      this.#begin();
      return;
    }
    this.#timer = setTimeout(() => this.destroy(new Error(`no connection within ${CONNECT_WITHIN / 1000} s`)), CONNECT_WITHIN).unref();
    stream.once(ready, () => this.#begin());
  }

  /** False for stdout, where nobody can answer. */
  get duplex(): boolean {
    return this.#channel.socket !== null;
  }

  get isOpen(): boolean {
    return this.#open && !this.#closed;
  }

  /** True while the kernel takes what is written; asked of the stream each time, since a busy loop gives it no turn to tell. */
  get hasRoom(): boolean {
    return this.isOpen && this.#channel.stream.writableLength < BACKLOG;
  }

  /** True when the kernel has every byte. */
  get isDrained(): boolean {
    return this.isOpen && this.#channel.stream.writableLength === 0;
  }

  /** Whole frames; with their checksums once `checks` is set. */
  write(frames: Uint8Array): void {
    this.lastWrite = performance.now();
    this.#channel.stream.write(this.checks ? allWithChecksums(frames) : frames, () => {
      if (this.isDrained) this.#events.drain();
    });
  }

  /** Whether this connection keeps the process alive. */
  hold(held: boolean): void {
    const { socket } = this.#channel;
    if (held) socket?.ref();
    else socket?.unref();
  }

  /** Breaks the connection; `close` is reported. */
  destroy(reason: Error): void {
    this.#reason ??= reason;
    if (this.#channel.socket === null) this.#finish();
    else this.#channel.socket.destroy();
  }

  /** Writes what is left, then closes; resolves within a second, whatever the other side does. */
  async end(): Promise<void> {
    const { socket } = this.#channel;
    clearTimeout(this.#timer);
    if (socket === null || this.#closed) return;
    if (!this.#open) {
      socket.destroy();
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_WITHIN);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.end(() => socket.destroy());
    });
    socket.destroy();
  }

  #listen(socket: Socket): void {
    const reader = new CollectorReader((message) => this.#receive(message));
    socket.on('data', (chunk: Uint8Array) => {
      this.lastRead = performance.now();
      reader.push(chunk);
      if (reader.failed) this.destroy(new XTrackError('XT_FRAME_JSON', { detail: 'the other side does not speak the protocol' }));
    });
    socket.on('end', () => socket.destroy());
  }

  #receive(message: CollectorMessage): void {
    if (this.#closed) return;
    this.#welcome ||= message.type === 'welcome';
    this.#events.message(message);
  }

  #begin(): void {
    this.#open = true;
    clearTimeout(this.#timer);
    this.write(this.#hello);
    // A long busy stretch lets the timer run before the answer that already waits in the socket: look there once more.
    if (this.duplex) this.#timer = setTimeout(() => setImmediate(() => this.#fallSilent()), this.#welcomeMs).unref();
    this.#events.open();
  }

  #fallSilent(): void {
    if (!this.#closed && !this.#welcome) this.#events.silent();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#events.close(this.#reason, this.#open);
  }
}

/** Each of the whole frames with its CRC-32C. */
function allWithChecksums(frames: Uint8Array): Uint8Array {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  const checked: Uint8Array[] = [];
  for (let at = 0; at < frames.length; ) {
    const end = at + HEADER_BYTES + view.getUint32(at);
    checked.push(withChecksum(frames.subarray(at, end)));
    at = end;
  }
  return Buffer.concat(checked);
}
