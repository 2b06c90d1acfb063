// The client's end of the control channel: calls and subscriptions over one connection.

import { connect, type Socket } from 'node:net';
import { XTrackError } from '../../protocol/errors.js';
import {
  type ControlItem,
  type ControlMethod,
  type ControlParams,
  type ControlReply,
  formatLine,
  fromWireError,
  LineReader,
  MAX_LINE,
  parseLine,
  reviveItem,
} from './wire.js';

/** Items that wait for their reader before the socket is paused, so that memory stays bounded. */
const QUEUE_LIMIT = 1_000;
/** Longest line taken from the server: its answers (a run with thousands of workers) are bounded less tightly than requests. */
const MAX_ANSWER = 16 * MAX_LINE;

interface Call {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: XTrackError) => void;
}

/** A connection to the control plane of a data directory. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #lines = new LineReader(MAX_ANSWER);
  readonly #calls = new Map<number, Call>();
  readonly #streams = new Map<number, ItemQueue>();
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#lost());
  }

  /** Resolves undefined when nobody answers on `path`. */
  static connect(path: string): Promise<ControlClient | undefined> {
    return new Promise((resolve) => {
      const socket = connect(path);
      socket.once('error', () => resolve(undefined));
      socket.once('connect', () => resolve(new ControlClient(socket)));
    });
  }

  /** False once the server is gone or `close` was called. */
  get connected(): boolean {
    return !this.#socket.destroyed;
  }

  /** Asks the server; rejects with the error that it raised, or XT_CLOSED when it goes away before it answers. */
  async call<Method extends Exclude<ControlMethod, 'subscribe'>>(method: Method, params: ControlParams[Method]): Promise<unknown> {
    return await this.#request(this.#nextId(), method, params);
  }

  /** Streams the items of a run, or of all with `*`; ends when the server ends it or goes away, or on abort. */
  async subscribe(runId: string, options: { types?: string[]; signal?: AbortSignal } = {}): Promise<AsyncIterableIterator<ControlItem>> {
    const { signal, ...rest } = options;
    const id = this.#nextId();
    const stop = (): void => {
      signal?.removeEventListener('abort', stop);
      this.#streams.delete(id);
      queue.end();
      this.#balance();
      if (this.connected) this.call('unsubscribe', { id }).catch(() => undefined);
    };
    const queue: ItemQueue = new ItemQueue(() => this.#balance(), stop);
    this.#streams.set(id, queue);
    try {
      await this.#request(id, 'subscribe', { runId, ...rest });
    } catch (error) {
      this.#streams.delete(id);
      throw error;
    }
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    return queue;
  }

  close(): void {
    this.#socket.destroy();
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #request(id: number, method: string, params: object): Promise<unknown> {
    if (!this.connected) return Promise.reject(serverGone());
    const line = formatLine({ id, method, params });
    if (Buffer.byteLength(line) > MAX_LINE) {
      return Promise.reject(new XTrackError('XT_FIELD_LIMIT', { detail: `the request is longer than ${MAX_LINE} bytes` }));
    }
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#socket.write(line);
    });
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#accept(parseLine(line) as unknown as ControlReply);
    } catch {
      this.#socket.destroy();
    }
    this.#balance();
  }

  #accept(reply: ControlReply): void {
    const stream = this.#streams.get(reply.id);
    if (reply.item !== undefined) stream?.push(reviveItem(reply.item));
    if (reply.end === true) stream?.end();
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if (reply.error === undefined) call?.resolve(reply.result);
    else call?.reject(fromWireError(reply.error));
  }

  /** Reads only while every reader keeps up. */
  #balance(): void {
    const behind = [...this.#streams.values()].some((queue) => queue.length >= QUEUE_LIMIT);
    if (behind) this.#socket.pause();
    else this.#socket.resume();
  }

  #lost(): void {
    for (const call of this.#calls.values()) call.reject(serverGone());
    for (const queue of this.#streams.values()) queue.end();
    this.#calls.clear();
    this.#streams.clear();
  }
}

function serverGone(): XTrackError {
  return new XTrackError('XT_CLOSED', { detail: 'the control plane went away' });
}

/** The items of one subscription between socket and reader. */
class ItemQueue implements AsyncIterableIterator<ControlItem> {
  readonly #items: ControlItem[] = [];
  readonly #onTaken: () => void;
  readonly #onReturn: () => void;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(onTaken: () => void, onReturn: () => void) {
    this.#onTaken = onTaken;
    this.#onReturn = onReturn;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: ControlItem): void {
    if (this.#ended) return;
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<ControlItem>> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const item = this.#items.shift();
    if (item === undefined) return { done: true, value: undefined };
    if (this.#items.length === QUEUE_LIMIT - 1) this.#onTaken();
    return { done: false, value: item };
  }

  async return(): Promise<IteratorResult<ControlItem>> {
    this.#items.length = 0;
    this.#onReturn();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
