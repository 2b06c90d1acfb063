// XTrack itself: wires store, runtime and transports together and offers every verb of the product.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { uuidv7 } from 'uuidv7';
import {
  type Artifact, assertRunId, type Checkpoint, type CommandType, type JsonValue, type LogEntry, type Param, XTrackError,
} from './protocol/index.js';
import type { BusItem, Lagged, SubscribeOptions } from './runtime/bus.js';
import type { SendCommandOptions } from './runtime/commands.js';
import { Hub } from './runtime/hub.js';
import { type Run, toRun } from './runtime/run.js';
import { RunManager, type StartRunOptions } from './runtime/run-manager.js';
import { isTerminal } from './runtime/run-state.js';
import { Sequence } from './runtime/sequence.js';
import { SpoolSweeper } from './transports/spool.js';
import type {
  CommandRecord, EntryQuery, RunQuery, RunRecord, RunWarning, SeriesData, SeriesQuery, SeriesSummary, Store,
} from './storage/store.js';
import { openChildSession } from './transports/child-session.js';
import { type ReplayOptions, type ReplayReport, replayFile } from './transports/file.js';
import { startTcpServer, type TcpServer, type TcpServerOptions } from './transports/tcp.js';
import { startUnixServer, type UnixServer, type UnixServerOptions } from './transports/unix.js';

/** How often orphaned runs and spools are looked for (ms). */
const CARE_MS = 5_000;
/** Logs and other entries per call unless asked for more. */
const DEFAULT_LIMIT = 1_000;

export interface XTrackOptions {
  /** Where everything is kept. Default: the environment's XTRACK_DATA, else ~/.xtrack. Not used by the memory store. */
  readonly directory?: string;
  /** `sqlite` (default) is durable; `memory` ends with the process. */
  readonly store?: 'sqlite' | 'memory';
  /** Queries only: sees everything that a live control plane in another process commits. */
  readonly readOnly?: boolean;
}

/** What `subscribe` yields: events once they are durable, changes of a run's status, and what was missed. */
export type StreamItem = Exclude<BusItem, { type: 'run_changed' }> | { readonly type: 'run_changed'; readonly runId: string; readonly run: Run } | Lagged;

/** Events that a worker sent and that have not arrived, or that it declared as dropped. */
export interface GapRecord {
  readonly worker: string;
  readonly incarnation: string;
  readonly from: number;
  readonly to: number;
  /** Null while they may still come; else why they are lost. */
  readonly reason: string | null;
}

/** The data directory in force: `given`, else XTRACK_DATA, else ~/.xtrack. */
export function dataDirectory(given?: string): string {
  return resolve(given ?? (process.env.XTRACK_DATA || join(homedir(), '.xtrack')));
}

async function openStore(options: XTrackOptions, directory: string): Promise<Store> {
  if (options.store === 'memory') return await (await import('./storage/memory/store.js')).openMemoryStore();
  if (options.readOnly !== true) await mkdir(directory, { recursive: true, mode: 0o700 });
  return await (await import('./storage/sqlite/store.js')).openSqliteStore({ directory, readOnly: options.readOnly ?? false });
}

/** A control plane: the source of truth for its runs. Start one with `XTrack.start`. */
export class XTrack {
  /** Data directory; null with the memory store. */
  readonly directory: string | null;
  private readonly store: Store;
  private readonly hub: Hub;
  private readonly manager: RunManager;
  private readonly spools: SpoolSweeper | undefined;
  private readonly servers = new Set<TcpServer | UnixServer>();
  private ownSocket: UnixServer | undefined;
  private readonly scratch: string | undefined;
  private readonly readOnly: boolean;
  private timer: NodeJS.Timeout | undefined;
  private caring: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;

  private constructor(store: Store, directory: string | null, scratch: string | undefined, readOnly: boolean) {
    this.store = store;
    this.directory = directory;
    this.scratch = scratch;
    this.readOnly = readOnly;
    this.hub = new Hub({ store, onCommitFailure: () => this.dropConnections() });
    this.spools = directory === null ? undefined : new SpoolSweeper(this.hub, join(directory, 'spool'));
    this.manager = new RunManager({
      hub: this.hub,
      outputRoot: join(directory ?? (scratch as string), 'runs'),
      dataDirectory: directory,
      socketPath: () => (directory === null ? null : join(directory, 'xtrack.sock')),
      openSession: (socket, runId) => openChildSession(this.hub, socket, runId),
      sweepSpool: async (runId) => await this.spools?.sweepRun(runId),
    });
  }

  /**
   * Opens the data directory, takes over live runs whose control plane is gone (their processes are found again; each run
   * is `interrupted` until its worker is heard) and listens on `<directory>/xtrack.sock` unless another process does.
   * Errors: XT_STORE_OPEN, XT_STORE_VERSION.
   */
  static async start(options: XTrackOptions = {}): Promise<XTrack> {
    const memory = options.store === 'memory';
    const directory = memory ? null : dataDirectory(options.directory);
    const store = await openStore(options, directory ?? '');
    const scratch = memory ? await mkdtemp(join(tmpdir(), 'xtrack-')) : undefined;
    const readOnly = options.readOnly ?? false;
    const xtrack = new XTrack(store, directory, scratch, readOnly);
    if (!readOnly && !memory) await xtrack.beginCare();
    return xtrack;
  }

  /** Starts a training script as a supervised process. Resolves once it runs. Errors: XT_SPAWN, XT_RUN_EXISTS, XT_RUN_ID. */
  async startRun(options: StartRunOptions): Promise<Run> {
    this.assertWritable();
    const collector = await this.manager.start(options);
    return await this.getRun(collector.runId);
  }

  /** Makes a run that workers feed which connect by themselves. Errors: XT_RUN_EXISTS, XT_RUN_ID. */
  async startCollector(runId: string = uuidv7()): Promise<Run> {
    this.assertWritable();
    assertRunId(runId);
    await this.hub.create(runId, () => undefined);
    return await this.getRun(runId);
  }

  /** Stop command, SIGTERM, SIGKILL to the whole process group, each after `graceMs` (default 10 s). Resolves when it ended. */
  async stopRun(runId: string, options: { readonly graceMs?: number } = {}): Promise<Run> {
    this.assertWritable();
    const run = await this.getRun(runId);
    if (isTerminal(run.status)) return run;
    await this.manager.stop(await this.hub.collector(runId), options.graceMs);
    return await this.getRun(runId);
  }

  /** One run. Errors: XT_RUN_NOT_FOUND. */
  async getRun(runId: string): Promise<Run> {
    return toRun(await this.record(runId));
  }

  /** Every run, newest first. */
  async listRuns(): Promise<Run[]> {
    return await this.searchRuns({});
  }

  /** Runs that meet all conditions, newest first. */
  async searchRuns(query: RunQuery): Promise<Run[]> {
    return (await this.store.findRuns(query)).map(toRun);
  }

  /**
   * Events of one run, or of all (`'*'`), from now on and once they are durable. Ends on abort, `return` and close().
   * A subscriber that is slow misses the oldest items of its bounded queue and is told how many (`lagged`).
   */
  async *subscribe(runId: string, options: SubscribeOptions = {}): AsyncGenerator<StreamItem> {
    for await (const item of this.hub.bus.subscribe(runId, options)) {
      yield item.type === 'run_changed' ? { type: item.type, runId: item.runId, run: toRun(item.record) } : item;
    }
  }

  /** Resolves when the run is over: completed, failed or killed. Errors: XT_RUN_NOT_FOUND; the signal's reason on abort. */
  async waitForRun(runId: string, options: { readonly signal?: AbortSignal } = {}): Promise<Run> {
    const items = this.hub.bus.subscribe(runId, { ...options, types: ['run_changed'] });
    try {
      const now = await this.getRun(runId);
      if (isTerminal(now.status)) return now;
      for await (const item of items) if (item.type === 'run_changed' && isTerminal(item.record.status)) return toRun(item.record);
    } finally {
      await items.return?.();
    }
    options.signal?.throwIfAborted();
    throw new XTrackError('XT_CLOSED');
  }

  /** Sends a command to the run's workers; resolves with its record once it is answered or expired (default after 60 s). */
  async sendCommand(
    runId: string, type: CommandType, payload: Readonly<Record<string, JsonValue>> = {}, options: SendCommandOptions = {},
  ): Promise<CommandRecord> {
    this.assertWritable();
    const run = await this.getRun(runId);
    if (isTerminal(run.status)) throw new XTrackError('XT_RUN_NOT_LIVE', { detail: `run '${runId}' is ${run.status}` });
    await this.hub.collector(runId);
    return await this.hub.commands.send(runId, type, payload, options);
  }

  /**
   * The series of a metric, one per (worker, phase, aggregation). With `maxPoints`, buckets of consecutive points that give min,
   * max, first, last, mean and count each, so that no extreme is lost. Errors: XT_RUN_NOT_FOUND, XT_METRIC_NOT_FOUND.
   */
  async getMetrics(runId: string, key: string, options: Omit<SeriesQuery, 'runId' | 'key'> = {}): Promise<SeriesData[]> {
    await this.record(runId);
    const found = await this.store.readSeries({ ...options, runId, key });
    if (found.length === 0) throw new XTrackError('XT_METRIC_NOT_FOUND', { detail: `run '${runId}' has no metric '${key}' like that`, field: 'key' });
    return found;
  }

  /** Every series of a run with its last value, extremes and count. Errors: XT_RUN_NOT_FOUND. */
  async listSeries(runId: string): Promise<SeriesSummary[]> {
    await this.record(runId);
    return await this.store.listSeries(runId);
  }

  /** The run's params, flat, dotted keys. The object has no prototype. Errors: XT_RUN_NOT_FOUND. */
  async getParams(runId: string): Promise<Record<string, JsonValue>> {
    const params: Record<string, JsonValue> = Object.create(null);
    for (const param of (await this.entries({ runId, kind: 'param', limit: 1_000_000 })) as Param[]) params[param.key] = param.value;
    return params;
  }

  /** Errors: XT_RUN_NOT_FOUND. */
  async getArtifacts(runId: string): Promise<Artifact[]> {
    return (await this.entries({ runId, kind: 'artifact', limit: 1_000_000 })) as Artifact[];
  }

  /** Errors: XT_RUN_NOT_FOUND. */
  async getCheckpoints(runId: string): Promise<Checkpoint[]> {
    return (await this.entries({ runId, kind: 'checkpoint', limit: 1_000_000 })) as Checkpoint[];
  }

  /** One page of log lines, captured stdout and stderr included (`logger`). Default: the first 1,000. Errors: XT_RUN_NOT_FOUND. */
  async getLogs(runId: string, options: Omit<EntryQuery, 'runId' | 'kind'> = {}): Promise<LogEntry[]> {
    return (await this.entries({ limit: DEFAULT_LIMIT, ...options, runId, kind: 'log' })) as LogEntry[];
  }

  /** What is missing of the run. Empty: every event that its workers made has arrived. Errors: XT_RUN_NOT_FOUND. */
  async getGaps(runId: string): Promise<GapRecord[]> {
    await this.record(runId);
    const marks = await this.store.getMarks(runId);
    return marks.flatMap((mark) => {
      const { worker, incarnation } = mark;
      const missing = Sequence.from(mark).missing.map(({ from, to }) => ({ worker, incarnation, from, to, reason: null }));
      return [...missing, ...mark.declared.map(({ from, to, reason }) => ({ worker, incarnation, from, to, reason: reason ?? 'dropped' }))];
    });
  }

  /** What was wrong with the run's stream: refused events, dropped fields, gaps. Errors: XT_RUN_NOT_FOUND. */
  async getWarnings(runId: string): Promise<RunWarning[]> {
    await this.record(runId);
    return await this.store.getWarnings(runId);
  }

  /** Removes a run and all that belongs to it, for good. Errors: XT_RUN_NOT_FOUND, XT_RUN_LIVE. */
  async deleteRun(runId: string): Promise<void> {
    this.assertWritable();
    const run = await this.getRun(runId);
    if (!isTerminal(run.status) && run.status !== 'interrupted') throw new XTrackError('XT_RUN_LIVE', { detail: `run '${runId}' is ${run.status}` });
    await this.hub.journal.flush();
    this.hub.forget(runId);
    if (!(await this.store.deleteRun(runId))) throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}'` });
  }

  /** The run's event log, byte for byte as it was received (duplicates left out). Errors: XT_RUN_NOT_FOUND. */
  async *exportRun(runId: string): AsyncGenerator<Uint8Array> {
    await this.record(runId);
    for await (const block of this.store.readBlocks(runId)) yield block.bytes;
  }

  /** Takes a recorded event log in. Resolves when it is durable. Errors: XT_FILE, XT_RUN_ID. */
  async replayFile(path: string, options: ReplayOptions = {}): Promise<ReplayReport> {
    this.assertWritable();
    return await replayFile(this.hub, path, options);
  }

  /** Listens for workers on TCP (default 127.0.0.1:9999). Errors: XT_LISTEN, XT_INSECURE_BIND. */
  async startTcpServer(options: TcpServerOptions = {}): Promise<TcpServer> {
    this.assertWritable();
    return this.remember(await startTcpServer(this.hub, options));
  }

  /** Listens for workers on another Unix socket than `<directory>/xtrack.sock`, which is open already. Errors: XT_LISTEN. */
  async startUnixServer(options: UnixServerOptions): Promise<UnixServer> {
    this.assertWritable();
    return this.remember(await startUnixServer(this.hub, options));
  }

  /** The socket that workers on this machine find by themselves; null when another control plane holds it. */
  get socketPath(): string | null {
    return this.ownSocket?.path ?? null;
  }

  /** Flushes everything and lets go: spawned processes go on, and the next control plane finds them again. Safe twice. */
  async close(): Promise<void> {
    this.closing ??= this.shutDown();
    await this.closing;
  }

  private async shutDown(): Promise<void> {
    clearInterval(this.timer);
    await this.caring;
    // Whatever was read already is committed and acknowledged before the connections go.
    await this.hub.journal.flush();
    await this.manager.close();
    await Promise.all([...this.servers, ...(this.ownSocket === undefined ? [] : [this.ownSocket])].map((server) => server.close()));
    if (!this.readOnly) await this.hub.close();
    await this.store.close();
    if (this.scratch !== undefined) await rm(this.scratch, { recursive: true, force: true });
  }

  private async beginCare(): Promise<void> {
    await this.care();
    this.timer = setInterval(() => {
      this.caring = this.caring.then(() => this.care()).catch(() => undefined);
    }, CARE_MS);
    this.timer.unref();
  }

  /** What must happen without anybody asking: a socket for local workers, orphaned runs and spools taken over. */
  private async care(): Promise<void> {
    if (this.ownSocket === undefined && this.directory !== null) {
      this.ownSocket = await startUnixServer(this.hub, { path: join(this.directory, 'xtrack.sock') }).catch(() => undefined);
    }
    for (const collector of await this.hub.adopt()) this.manager.adopt(collector);
    await this.spools?.sweepOrphans();
  }

  private remember<S extends TcpServer | UnixServer>(server: S): S {
    this.servers.add(server);
    const close = server.close.bind(server);
    return Object.assign(server, {
      close: async (): Promise<void> => {
        this.servers.delete(server);
        await close();
      },
    });
  }

  private dropConnections(): void {
    for (const server of this.servers) server.dropAll();
    this.ownSocket?.dropAll();
  }

  private async record(runId: string): Promise<RunRecord> {
    const record = await this.store.getRun(runId);
    if (record === undefined) throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}'`, field: 'runId' });
    return record;
  }

  private async entries(query: EntryQuery): Promise<Awaited<ReturnType<Store['getEntries']>>> {
    await this.record(query.runId);
    return await this.store.getEntries(query);
  }

  private assertWritable(): void {
    if (this.closing !== undefined) throw new XTrackError('XT_CLOSED');
    if (this.readOnly) throw new XTrackError('XT_STORE_READ_ONLY');
  }
}
