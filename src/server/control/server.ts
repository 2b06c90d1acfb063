// The local control channel of a running control plane: a Unix socket through which the CLI on the same machine starts,
// stops and follows runs. Who may open the socket file may do everything, so the file is 0600 in a 0700 directory.

import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandType } from '../../protocol/collector-messages.js';
import { XTrackError } from '../../protocol/errors.js';
import type { JsonValue } from '../../protocol/events.js';
import type { StartRunOptions } from '../../runtime/process/run-manager.js';
import type { RunEdit } from '../../runtime/run-edit.js';
import { listenOnSocketFile } from '../../transports/listen/socket-file.js';
import {
  type ControlItem,
  type ControlMethod,
  type ControlParams,
  formatLine,
  LineReader,
  MAX_LINE,
  parseLine,
  readRequest,
  toWireError,
} from './wire.js';

/** What the channel needs of a control plane; an XTrack is one. */
export interface Controllable {
  readonly directory: string | null;
  startRun(options: StartRunOptions): Promise<object>;
  beginStop(runId: string, options: { graceMs?: number; by?: string }): Promise<{ readonly ended: Promise<object> }>;
  sendCommand(
    runId: string,
    type: CommandType,
    payload: Readonly<Record<string, JsonValue>>,
    options: { expiresInMs?: number; by?: string; signal?: AbortSignal },
  ): Promise<object>;
  issueCommand(
    runId: string,
    type: CommandType,
    payload: Readonly<Record<string, JsonValue>>,
    options: { expiresInMs?: number; by?: string },
  ): Promise<{ readonly record: object }>;
  isReachable(runId: string): boolean;
  updateRun(runId: string, edit: RunEdit): Promise<object>;
  deleteRun(runId: string): Promise<void>;
  restoreRun(runId: string): Promise<object>;
  purgeRun(runId: string): Promise<void>;
  subscribe(runId: string, options: { signal?: AbortSignal; types?: readonly string[] }): AsyncIterable<ControlItem>;
}

export interface ControlServer {
  readonly path: string;
  /** Ends every subscription, answers what was asked, removes the socket file. Safe twice. */
  close(): Promise<void>;
}

/** How long (ms) a closing server waits for its last answers, and for clients to take them. */
const FINISH_MS = 1_000;

/** Opens the channel at `path`. A file that nobody answers on is replaced; throws XT_LISTEN where somebody does. */
export async function startControlServer(xtrack: Controllable, path: string): Promise<ControlServer> {
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, xtrack);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  await listenOnSocketFile(server, path);
  const closed = new Promise<void>((resolve) => server.on('close', resolve));
  return {
    path,
    close: () => {
      server.close();
      for (const connection of connections) void connection.finish();
      return closed;
    },
  };
}

/** One client: answers its requests, and streams its subscriptions at the pace at which it reads. */
class Connection {
  readonly #socket: Socket;
  readonly #xtrack: Controllable;
  readonly #lines = new LineReader();
  readonly #gone = new AbortController();
  readonly #asked = new Set<Promise<void>>();
  readonly #subscriptions = new Map<number, AbortController>();

  constructor(socket: Socket, xtrack: Controllable) {
    this.#socket = socket;
    this.#xtrack = xtrack;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => this.end());
    socket.on('close', () => this.end());
  }

  /** Ends the subscriptions, lets what was asked be answered for a moment, and hangs up. */
  async finish(): Promise<void> {
    for (const subscription of this.#subscriptions.values()) subscription.abort();
    await Promise.race([Promise.all(this.#asked), sleep(FINISH_MS, undefined, { ref: false })]);
    this.#socket.end();
    await sleep(FINISH_MS, undefined, { ref: false });
    this.end();
  }

  end(): void {
    this.#gone.abort();
    for (const subscription of this.#subscriptions.values()) subscription.abort();
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#ask(line);
    } catch {
      this.end();
    }
  }

  #ask(line: string): void {
    const answered = this.#handle(line).finally(() => this.#asked.delete(answered));
    this.#asked.add(answered);
  }

  async #handle(line: string): Promise<void> {
    let id = 0;
    try {
      const parsed = parseLine(line);
      if (typeof parsed.id === 'number') id = parsed.id;
      const { method, params } = readRequest(parsed);
      if (method === 'subscribe') await this.#stream(id, params as unknown as ControlParams['subscribe']);
      else await this.#send({ id, result: await this.#answer(method, params) });
    } catch (error) {
      await this.#send({ id, error: toWireError(error) });
    }
  }

  #answer(method: ControlMethod, params: Readonly<Record<string, unknown>>): object | Promise<object> {
    const xtrack = this.#xtrack;
    switch (method) {
      case 'startRun':
        return xtrack.startRun(params as unknown as StartRunOptions);
      case 'stopRun':
        return this.#stop(params as unknown as ControlParams['stopRun']);
      case 'sendCommand':
        return this.#command(params as unknown as ControlParams['sendCommand']);
      case 'reach': {
        const { runId } = params as unknown as ControlParams['reach'];
        if (xtrack.isReachable(runId)) return {};
        throw new XTrackError('XT_RUN_NOT_LIVE', { detail: `no worker of run '${runId}' takes commands here` });
      }
      case 'updateRun': {
        const { runId, ...edit } = params as unknown as ControlParams['updateRun'];
        return xtrack.updateRun(runId, edit);
      }
      case 'deleteRun':
      case 'purgeRun':
        return xtrack[method]((params as unknown as ControlParams['deleteRun']).runId).then(() => ({}));
      case 'restoreRun':
        return xtrack.restoreRun((params as unknown as ControlParams['restoreRun']).runId);
      case 'unsubscribe':
        this.#subscriptions.get((params as unknown as ControlParams['unsubscribe']).id)?.abort();
        return {};
      default:
        return { pid: process.pid, directory: xtrack.directory };
    }
  }

  async #stop({ runId, wait = true, ...options }: ControlParams['stopRun']): Promise<object> {
    const { ended } = await this.#xtrack.beginStop(runId, options);
    return wait ? await ended : {};
  }

  async #command({ runId, type, payload = {}, wait = true, ...options }: ControlParams['sendCommand']): Promise<object> {
    if (wait) return await this.#xtrack.sendCommand(runId, type, payload, { ...options, signal: this.#gone.signal });
    return (await this.#xtrack.issueCommand(runId, type, payload, options)).record;
  }

  async #stream(id: number, { runId, types }: ControlParams['subscribe']): Promise<void> {
    const cancel = new AbortController();
    this.#subscriptions.set(id, cancel);
    const filter = types === undefined ? {} : { types };
    try {
      const items = this.#xtrack.subscribe(runId, { ...filter, signal: cancel.signal })[Symbol.asyncIterator]();
      // Asked for before the answer goes out: an iterator may only begin to listen then, and the client counts on it.
      let next = items.next();
      await this.#send({ id, result: {} });
      for (let item = await next; item.done !== true && !cancel.signal.aborted; item = await next) {
        await this.#sendItem(id, item.value);
        next = items.next();
      }
      await this.#send({ id, end: true });
    } finally {
      this.#subscriptions.delete(id);
    }
  }

  /** An item past the line limit is reported as missed: the client reads it from the store. */
  async #sendItem(id: number, item: ControlItem): Promise<void> {
    const line = formatLine({ id, item });
    await this.#write(Buffer.byteLength(line) > MAX_LINE ? formatLine({ id, item: { type: 'lagged', missed: 1 } }) : line);
  }

  #send(reply: object): Promise<void> {
    return this.#write(formatLine(reply));
  }

  /** Resolves when the socket takes more, so that a slow client holds back only its own subscription. */
  #write(line: string): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || socket.write(line)) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        socket.off('drain', settle);
        socket.off('close', settle);
        resolve();
      };
      socket.once('drain', settle);
      socket.once('close', settle);
    });
  }
}
