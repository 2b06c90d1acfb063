// Where a run lives: in a control plane of this process, or in the `xtrack serve` of the data directory.

import type { Run, StartRunOptions, StreamItem } from '../index.js';
import { XTrack } from '../index.js';
import { ControlClient } from '../server/control/client.js';
import { startControlServer } from '../server/control/server.js';
import { runSocket, serveSocket } from './context.js';

/** Questions that a follower asks of the store. */
export type RunReader = Pick<XTrack, 'getRun' | 'getLogs' | 'listSeries'>;

export interface RunHost {
  /** Committed data, there even while the control plane is not. */
  readonly reader: RunReader;
  /** How to stop and follow a run that this host started, for messages. */
  readonly place: 'here' | 'serve';
  startRun(options: StartRunOptions): Promise<Run>;
  /** Resolves when the run has ended. */
  stopRun(runId: string, options?: { graceMs?: number }): Promise<void>;
  /** Live items of a run; undefined while no control plane answers. The items end when it goes away. */
  subscribe(runId: string, signal: AbortSignal): Promise<AsyncIterable<StreamItem> | undefined>;
  /** Flushes and lets go; the runs of another process go on. */
  close(): Promise<void>;
}

/** What a live view needs; artifacts, params and checkpoints are read at the end. */
const FOLLOWED: StreamItem['type'][] = ['run_changed', 'status', 'metric', 'metric_batch', 'log'];

/** The host for new runs of a data directory: its `xtrack serve` where one answers, else a control plane in this process. */
export async function openHost(directory: string): Promise<RunHost> {
  const client = await ControlClient.connect(serveSocket(directory));
  return client === undefined ? await LocalHost.open(directory) : await ServeHost.open(directory, client);
}

/** A host on a control plane of this process that somebody else closes. */
export function ownHost(xtrack: XTrack): RunHost {
  return new LocalHost(xtrack, async () => undefined);
}

class LocalHost implements RunHost {
  readonly place = 'here';
  readonly reader: XTrack;
  readonly #close: () => Promise<void>;

  constructor(xtrack: XTrack, close: () => Promise<void>) {
    this.reader = xtrack;
    this.#close = close;
  }

  static async open(directory: string): Promise<LocalHost> {
    const xtrack = await XTrack.start({ directory });
    // Without the socket (the path may be too long) the run goes well; only `xtrack stop` and `command` cannot reach it.
    const control = await startControlServer(xtrack, runSocket(directory, process.pid)).catch(() => undefined);
    return new LocalHost(xtrack, async () => {
      await control?.close();
      await xtrack.close();
    });
  }

  startRun(options: StartRunOptions): Promise<Run> {
    return this.reader.startRun(options);
  }

  async stopRun(runId: string, options?: { graceMs?: number }): Promise<void> {
    await this.reader.stopRun(runId, options);
  }

  async subscribe(runId: string, signal: AbortSignal): Promise<AsyncIterable<StreamItem>> {
    return this.reader.subscribe(runId, { signal, types: FOLLOWED });
  }

  close(): Promise<void> {
    return this.#close();
  }
}

class ServeHost implements RunHost {
  readonly place = 'serve';
  readonly reader: XTrack;
  readonly #directory: string;
  #client: ControlClient;

  private constructor(directory: string, client: ControlClient, reader: XTrack) {
    this.#directory = directory;
    this.#client = client;
    this.reader = reader;
  }

  static async open(directory: string, client: ControlClient): Promise<ServeHost> {
    return new ServeHost(directory, client, await XTrack.start({ directory, readOnly: true }));
  }

  /** The child gets this process's environment and folder, as if it had been started here. */
  async startRun(options: StartRunOptions): Promise<Run> {
    const { XTRACK_FD: _ownFd, ...environment } = process.env as Record<string, string>;
    const request = { cwd: process.cwd(), ...options, env: { ...environment, ...options.env } };
    return (await this.#client.call('startRun', request)) as Run;
  }

  async stopRun(runId: string, options: { graceMs?: number } = {}): Promise<void> {
    await this.#client.call('stopRun', { runId, ...options });
  }

  async subscribe(runId: string, signal: AbortSignal): Promise<AsyncIterable<StreamItem> | undefined> {
    if (!this.#client.connected) {
      const client = await ControlClient.connect(serveSocket(this.#directory));
      if (client === undefined) return undefined;
      this.#client = client;
    }
    const items = await this.#client.subscribe(runId, { signal, types: FOLLOWED }).catch(() => undefined);
    return items as AsyncIterable<StreamItem> | undefined;
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.reader.close();
  }
}
