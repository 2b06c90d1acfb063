// The smallest honest collector, for the emitter's own tests: real sockets, every event kept once, acks when it is told to give them.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ack, CollectorMessage, Welcome } from '../../protocol/collector-messages.js';
import { FrameDecoder } from '../../protocol/decoder.js';
import { encodeCollectorMessage } from '../../protocol/encode.js';
import type { Heartbeat, Hello, TrackEvent } from '../../protocol/events.js';

export interface PeerOptions {
  /** False for a plain version 1 collector: it never writes anything. */
  readonly answers?: boolean;
  readonly acks?: boolean;
  readonly window?: Welcome['window'];
  /** Offer checksums. */
  readonly checks?: boolean;
  /** What becomes of the n-th connection, counted from 0: it is welcomed, heard without a word, sent on, or refused with an error and closed. */
  readonly treat?: (connection: number) => 'welcome' | 'silent' | { readonly error: string } | { readonly redirect: string };
  /** Connections are broken after this many events each. */
  readonly breakAfter?: number;
  /** The peer whose store this one goes on with. */
  readonly after?: Peer;
}

export class Peer {
  readonly #server: Server;
  readonly #options: PeerOptions;
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  /** In the order of arrival, without what came again. */
  readonly events: TrackEvent[] = [];
  readonly hellos: Hello[] = [];
  readonly heartbeats: Heartbeat[] = [];
  /** Frames that could not be read. */
  readonly damaged: string[] = [];
  repeats = 0;
  /** Every byte that came. */
  received = '';
  #seen = new Set<number>();
  #contiguous = 0;

  constructor(options: PeerOptions = {}) {
    this.#options = options;
    for (const event of options.after?.events ?? []) this.#keep(event);
    this.#server = createServer((socket) => this.serve(socket));
  }

  static async listen(path: string, options?: PeerOptions): Promise<Peer> {
    const peer = new Peer(options);
    await new Promise<void>((resolve) => peer.#server.listen(path, resolve));
    return peer;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Speaks the collector's part on one connection. */
  serve(socket: Socket): void {
    this.#sockets.add(socket);
    const treatment = this.#options.treat?.(this.#connections) ?? 'welcome';
    this.#connections += 1;
    const heard = treatment === 'welcome';
    let count = 0;
    const decoder = new FrameDecoder(
      {
        message: (message) => {
          if (message.type === 'hello') this.#greet(message, socket, treatment);
          else if (!heard) return;
          else if (message.type === 'heartbeat') this.heartbeats.push(message);
          else if (count++ < (this.#options.breakAfter ?? Number.POSITIVE_INFINITY)) this.#keep(message);
          else socket.destroy();
        },
        refused: (error) => this.damaged.push(error.message),
        skipped: (error) => this.damaged.push(error.message),
      },
      { mode: 'socket' },
    );
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      decoder.push(chunk);
      if (this.#options.acks !== false && heard) this.ack();
    });
  }

  /** Acknowledges all that came without a hole. */
  ack(extra: Partial<Ack> = {}): void {
    const first = this.events[0];
    if (first === undefined) return;
    const { runId, worker, incarnation } = first;
    this.say({ type: 'ack', seq: this.#contiguous, status: 'ok', runId, worker, incarnation, ...extra });
  }

  say(message: CollectorMessage): void {
    if (this.#options.answers === false) return;
    for (const socket of this.#sockets) if (!socket.destroyed) socket.write(encodeCollectorMessage(message));
  }

  /** Breaks every connection, as a crash would. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #greet(hello: Hello, socket: Socket, treatment: ReturnType<NonNullable<PeerOptions['treat']>>): void {
    this.hellos.push(hello);
    if (this.#options.answers === false || treatment === 'silent') return;
    if (typeof treatment === 'object' && 'error' in treatment) {
      const { runId = '', worker, incarnation } = hello;
      socket.end(encodeCollectorMessage({ type: 'ack', seq: 0, status: 'error', error: treatment.error, runId, worker, incarnation }));
      return;
    }
    const window = this.#options.window ?? { bytes: 4 * 1024 ** 2, events: 20_000 };
    const welcome: Welcome = {
      type: 'welcome',
      server: 'peer',
      capabilities: ['ack', 'command', ...(this.#options.checks === true ? ['crc'] : [])],
      resumeFrom: this.#contiguous + 1,
      window,
      maxFrame: 1024 ** 2,
      ...(typeof treatment === 'object' ? treatment : {}),
    };
    socket.write(encodeCollectorMessage(welcome));
  }

  #keep(event: TrackEvent): void {
    if (this.#seen.has(event.seq)) {
      this.repeats += 1;
      return;
    }
    this.#seen.add(event.seq);
    this.events.push(event);
    while (this.#seen.has(this.#contiguous + 1)) this.#contiguous += 1;
  }
}

/** Everything in a spool or a file transport's file. */
export function readEventFile(path: string): { hellos: Hello[]; events: TrackEvent[]; problems: string[] } {
  const hellos: Hello[] = [];
  const events: TrackEvent[] = [];
  const problems: string[] = [];
  const decoder = new FrameDecoder(
    {
      message: (message) => {
        if (message.type === 'hello') hellos.push(message);
        else if (message.type !== 'heartbeat') events.push(message);
      },
      refused: (error) => problems.push(error.message),
      skipped: (error) => problems.push(error.message),
    },
    { mode: 'recover' },
  );
  const bytes = readFileSync(path);
  // A spool file is longer than what was written to it.
  decoder.push(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1));
  decoder.end();
  return { hellos, events, problems };
}

/** A fresh folder that is gone after `use`. */
export async function inFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-emitter-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves once the condition holds; the test's own time limit is the only one. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
