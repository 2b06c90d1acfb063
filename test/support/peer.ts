// A protocol peer for tests: speaks the wire to a listener as an emitter in any language would.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Ack,
  type CollectorMessage,
  CollectorMessageDecoder,
  type Command,
  encodeEvent,
  type TrackEvent,
  type Welcome,
  type WorkerMessage,
} from '../../src/protocol/index.js';

export interface PeerOptions {
  readonly runId: string;
  readonly worker?: string;
  readonly incarnation?: string;
  readonly capabilities?: readonly string[];
  readonly token?: string;
}

type Body<E> = E extends TrackEvent ? Omit<E, 'runId' | 'worker' | 'incarnation' | 'seq' | 'ts'> : never;

/** One connection of one incarnation. */
export class Peer {
  readonly messages: CollectorMessage[] = [];
  closed = false;
  seq = 0;
  private readonly socket: Socket;
  private readonly options: PeerOptions;

  constructor(address: { port: number; host?: string } | { path: string }, options: PeerOptions) {
    this.options = options;
    this.socket = connect(address);
    const decoder = new CollectorMessageDecoder(
      (message) => this.messages.push(message),
      (error) => {
        throw error;
      },
    );
    this.socket.on('data', (chunk) => decoder.push(chunk));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  get identity(): { runId: string; worker: string; incarnation: string } {
    return { runId: this.options.runId, worker: this.options.worker ?? '', incarnation: this.options.incarnation ?? 'inc-1' };
  }

  async hello(): Promise<Welcome> {
    const { token, capabilities = ['ack', 'command'] } = this.options;
    this.sendRaw({ type: 'hello', ...this.identity, capabilities, ...(token === undefined ? {} : { token }) });
    return (await this.waitFor((message) => message.type === 'welcome')) as Welcome;
  }

  /** Sends the next event; `seq` may be set to make a gap or a repeat. */
  send(body: Body<TrackEvent>, seq = this.seq + 1): void {
    this.seq = Math.max(this.seq, seq);
    this.sendRaw({ ...this.identity, ...body, seq, ts: 1_700_000_000_000_000 + seq } as TrackEvent);
  }

  sendRaw(message: WorkerMessage): void {
    this.socket.write(encodeEvent(message));
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  async acked(seq: number): Promise<Ack> {
    return (await this.waitFor((message) => message.type === 'ack' && message.status === 'ok' && message.seq >= seq)) as Ack;
  }

  async command(): Promise<Command> {
    return (await this.waitFor((message) => message.type === 'command')) as Command;
  }

  async waitFor(wanted: (message: CollectorMessage) => boolean): Promise<CollectorMessage> {
    for (let waited = 0; waited < 10_000; waited += 5) {
      const found = this.messages.find(wanted);
      if (found !== undefined) return found;
      if (this.closed) break;
      await delay(5);
    }
    throw new Error(`not received; got ${JSON.stringify(this.messages.slice(-5))}`);
  }

  async waitClosed(): Promise<void> {
    for (let waited = 0; waited < 10_000 && !this.closed; waited += 5) await delay(5);
    if (!this.closed) throw new Error('the connection is still open');
  }

  close(): void {
    this.socket.destroy();
  }
}
