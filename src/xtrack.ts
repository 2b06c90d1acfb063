// XTrack itself: wires store, runtime and transports together and offers every verb of the product.

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { collectGarbage, type GcOptions, type GcReport } from './care/gc.js';
import { Trash } from './care/trash.js';
import { Listeners } from './listeners.js';
import { untilOver } from './now-and-then.js';
import { type GivenStore, openStore, type StoreChoice, storeKind } from './open-store.js';
import { isFinal } from './protocol/events.js';
import { XTrackError } from './protocol/index.js';
import type { Run } from './query/run.js';
import { RunVerbs } from './run-verbs.js';
import type { BusItem, Lagged, SubscribeOptions } from './runtime/bus.js';
import { ChangeFeed } from './runtime/change-feed.js';
import { Hub } from './runtime/hub.js';
import { warnOf } from './runtime/mishaps.js';
import { RunManager } from './runtime/process/run-manager.js';
import { type PendingOutput, pendingOutput } from './runtime/process/terminal/pending-output.js';
import { KeyRing } from './server/http/access/keys.js';
import type { HttpServer, HttpServerOptions } from './server/http/app.js';
import type { StoreKind } from './server/http/control-plane.js';
import { admissionOf } from './server/worker-admission.js';
import { StandingCare } from './standing-care.js';
import { ballastSize, isNearlyFull } from './storage/ballast.js';
import type { Store } from './storage/store.js';
import { publicItems, type StreamItem } from './stream-item.js';
import { openChildSession } from './transports/listen/listener.js';
import { startTcpServer, type TcpServer, type TcpServerOptions } from './transports/listen/tcp.js';
import { startUnixServer, type UnixServer, type UnixServerOptions } from './transports/listen/unix.js';
import { type ReplayOptions, type ReplayReport, replayFile } from './transports/recorded/file.js';
import { SpoolSweeper } from './transports/recorded/spool.js';

/** close() waits so long (ms) for a store that does not take what is there. */
const FLUSH_MS = 5_000;

export interface XTrackOptions extends Pick<StoreChoice, 'waitForDatabase'> {
  /** Where everything is kept. Default: the environment's XTRACK_DATA, else ~/.xtrack. Not used by the memory store. */
  readonly directory?: string;
  /**
   * `sqlite` (default) is durable; `memory` ends with the process. Or a store of your own, or a function that makes one: it must pass
   * the contract of `xtrack/testing`, and is closed with the control plane. The data directory still holds sockets, outputs and spools.
   */
  readonly store?: 'sqlite' | 'memory' | GivenStore;
  /**
   * `postgres://user@host/database`: runs are kept there instead, shared by every control plane that is given it; the data directory
   * still holds sockets, outputs and spools. Default: the environment's XTRACK_DATABASE where no `store` is chosen. Needs `pg`.
   */
  readonly database?: string;
  /** Queries only: sees everything that a live control plane in another process commits. */
  readonly readOnly?: boolean;
  /**
   * Bytes of `xtrack.ballast` in the data directory, which is given up when the disk is full: default 64 MiB, never more than a tenth
   * of what is free; 0: none. Default: the environment's XTRACK_BALLAST, where it is a number of bytes. Only beside SQLite.
   */
  readonly ballastBytes?: number;
  /** Start the HTTP server with the page, too: `true`, or how. See `startHttpServer`. */
  readonly server?: boolean | HttpServerOptions;
}

interface Place {
  readonly directory: string | null;
  readonly storeKind: StoreKind;
  readonly scratch: string | undefined;
  readonly readOnly: boolean;
}

/** The data directory in force: `given`, else XTRACK_DATA, else ~/.xtrack. */
export function dataDirectory(given?: string): string {
  return resolve(given ?? (process.env.XTRACK_DATA || join(homedir(), '.xtrack')));
}

/** A control plane: the source of truth for its runs. Start one with `XTrack.start`. */
export class XTrack extends RunVerbs {
  /** Data directory; null with the memory store. */
  readonly directory: string | null;
  /** What keeps the runs. */
  readonly storeKind: StoreKind;
  protected readonly store: Store;
  protected readonly hub: Hub;
  protected readonly manager: RunManager;
  protected readonly trash: Trash;
  private readonly feed: ChangeFeed;
  private readonly spools: SpoolSweeper | undefined;
  private readonly servers = new Listeners((addresses) => this.hub.reachedAt(addresses));
  private care: StandingCare | undefined;
  private http: HttpServer | undefined;
  private keys: KeyRing | undefined;
  private readonly scratch: string | undefined;
  private readonly readOnly: boolean;
  private closing: Promise<void> | undefined;

  private constructor(store: Store, { directory, storeKind, scratch, readOnly }: Place) {
    super(store);
    this.store = store;
    this.storeKind = storeKind;
    this.directory = directory;
    this.scratch = scratch;
    this.readOnly = readOnly;
    this.hub = new Hub({
      store,
      onCommitFailure: (error) => this.dropConnections(error),
      onRunLost: ({ runId }, error) => {
        if (error.code !== 'XT_RUN_PURGED') warnOf(error);
        this.manager.lost(runId, error);
      },
    });
    this.feed = new ChangeFeed(store, this.hub.bus);
    this.trash = new Trash(this.hub, directory);
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
   * Errors: XT_STORE_OPEN, XT_STORE_VERSION; with `server` those of `startHttpServer`.
   */
  static async start(options: XTrackOptions = {}): Promise<XTrack> {
    const memory = options.store === 'memory';
    const directory = memory ? null : dataDirectory(options.directory);
    const store = await openStore(options, directory ?? '');
    const scratch = memory ? await mkdtemp(join(tmpdir(), 'xtrack-')) : undefined;
    const readOnly = options.readOnly ?? false;
    const xtrack = new XTrack(store, { directory, storeKind: storeKind(options), scratch, readOnly });
    if (!readOnly) await xtrack.beginCare(options);
    const { server = false } = options;
    if (server !== false) await xtrack.startHttpServer(server === true ? {} : server).catch((error) => xtrack.giveUp(error));
    return xtrack;
  }

  /**
   * Events of one run, or of all (`'*'`), from now on and once they are durable. Ends on abort, `return` and close().
   * Where runs are kept in PostgreSQL, those of other control planes on the same database are heard too.
   * A subscriber that is slow misses the oldest items of its bounded queue and is told how many (`lagged`).
   */
  subscribe(runId: string, options: SubscribeOptions = {}): AsyncIterableIterator<StreamItem> {
    // Listens from this call on, not from the first item asked for.
    return publicItems(this.listen(runId, options));
  }

  /** Resolves when the run is over: completed, failed or killed. Errors: XT_RUN_NOT_FOUND; the signal's reason on abort. */
  async waitForRun(runId: string, options: { readonly signal?: AbortSignal } = {}): Promise<Run> {
    const items = this.listen(runId, { ...options, types: ['run_changed'] });
    try {
      const over = await untilOver(items, () => this.getRun(runId));
      if (over !== undefined) return over;
    } finally {
      await items.return?.();
    }
    options.signal?.throwIfAborted();
    throw new XTrackError('XT_CLOSED');
  }

  /**
   * What the run's process has printed that is no line of its log yet: progress bars as they are now. Of a process on this machine that
   * was started from this data directory; empty for others, and once the run is over. Errors: XT_RUN_NOT_FOUND.
   */
  async getPendingOutput(run: Run | string): Promise<PendingOutput> {
    const { process, captured, status } = typeof run === 'string' ? await this.getRun(run) : run;
    const folder = this.directory ?? this.scratch;
    if (process === null || folder === undefined || isFinal(status)) return { stdout: [], stderr: [] };
    return await pendingOutput(process, captured, folder);
  }

  /** Cleans up: runs by rules of retention, the trash by its age, files that nobody needs. Errors: XT_ARGUMENT, XT_SEARCH. */
  async gc(options: GcOptions = {}): Promise<GcReport> {
    if (options.dryRun !== true) this.assertWritable();
    // Loaded on use, as the server is.
    const { RunsAnywhere } = await import('./server/control/runs-anywhere.js');
    const runs = new RunsAnywhere(this);
    const { store, directory } = this;
    return await collectGarbage({ store, directory, trash: (runId) => runs.delete(runId), purge: (runId) => runs.purge(runId) }, options);
  }

  /**
   * Writes a consistent copy of the store to a file while everything goes on; compressed where its name ends in .gz.
   * Errors: XT_FILE, XT_ARGUMENT where the store is none that does so (PostgreSQL has pg_dump).
   */
  async backup(file: string): Promise<void> {
    if (this.store.backup === undefined)
      throw new XTrackError('XT_ARGUMENT', { detail: 'only SQLite is backed up by XTrack; pg_dump does it for PostgreSQL' });
    await this.store.backup(file);
  }

  /** Takes a recorded event log in. Resolves when it is durable. Errors: XT_FILE, XT_RUN_ID. */
  async replayFile(path: string, options: ReplayOptions = {}): Promise<ReplayReport> {
    this.assertWritable();
    return await replayFile(this.hub, path, options);
  }

  /**
   * Listens for workers on TCP (default 127.0.0.1:9999). Each must send the token or a key that may write (`xtrack keys create`). On
   * loopback the token is made and kept in the data directory, where emitters find it; Linux knows processes of the same user without.
   * Beyond loopback there must be TLS, or `insecure`. Errors: XT_LISTEN, XT_INSECURE_BIND, XT_FILE.
   */
  async startTcpServer(options: TcpServerOptions = {}): Promise<TcpServer> {
    this.assertWritable();
    const admitted = admissionOf(options, this.directory, () => this.keyRing());
    return this.servers.add(await startTcpServer(this.hub, options, admitted));
  }

  /** Listens for workers on another Unix socket than `<directory>/xtrack.sock`, which is open already. Errors: XT_LISTEN. */
  async startUnixServer(options: UnixServerOptions): Promise<UnixServer> {
    this.assertWritable();
    return this.servers.add(await startUnixServer(this.hub, options));
  }

  /**
   * Opens the HTTP server with the page and the API (default 127.0.0.1:7007). `signInUrl` of what it returns opens the page signed in.
   * Errors: XT_LISTEN, XT_INSECURE_BIND, XT_FILE.
   */
  async startHttpServer(options: HttpServerOptions = {}): Promise<HttpServer> {
    this.assertWritable();
    // Loaded on use: a program that only tracks needs none of it.
    const { startHttpServer } = await import('./server/http/app.js');
    this.http = this.servers.add(await startHttpServer(this, { keys: this.keyRing(), ...options }));
    return this.http;
  }

  /** The HTTP server that was started last; null: none. */
  get httpServer(): HttpServer | null {
    return this.http ?? null;
  }

  /** False while commits are stuck: the disk is full, or the database away. What comes waits in the emitters. */
  get healthy(): boolean {
    return this.closing === undefined && !this.hub.journal.stuck && (this.store.trouble ?? null) === null;
  }

  /** Why commits are stuck, in words for people; null while they go on. */
  get trouble(): string | null {
    if (this.healthy) return null;
    if (this.closing !== undefined) return 'the server is closing';
    const { trouble = null } = this.store;
    if (trouble !== null) return `${trouble}: what is logged waits in the emitters, and goes on by itself`;
    const full = this.directory !== null && this.storeKind === 'sqlite' && isNearlyFull(this.directory);
    return `${full ? 'the disk is full' : 'the store does not take commits'}: what is logged waits in the emitters, and goes on by itself`;
  }

  /** The socket that workers on this machine find by themselves; null when another control plane holds it. */
  get socketPath(): string | null {
    return this.care?.socket?.path ?? null;
  }

  /** Flushes everything and lets go: spawned processes go on, and the next control plane finds them again. Safe twice. */
  async close(): Promise<void> {
    this.closing ??= this.shutDown();
    await this.closing;
  }

  /** On a shared database, what other control planes commit is heard too. */
  private listen(runId: string, options: SubscribeOptions): AsyncIterableIterator<BusItem | Lagged> {
    this.feed.start();
    return this.hub.bus.subscribe(runId, options);
  }

  private async shutDown(): Promise<void> {
    this.care?.stop();
    // Whatever was read already is committed and acknowledged before the connections go. Where the disk does not take it, it is given up
    // unacknowledged: the emitters still have it.
    const flushed = (async () => {
      await this.care?.idle();
      await this.hub.journal.flush();
      return true;
    })().catch(() => true);
    if (!(await Promise.race([flushed, delay(FLUSH_MS, false, { ref: false })]))) await this.store.close();
    await this.care?.idle();
    await this.manager.close();
    await this.servers.close();
    this.feed.close();
    if (this.readOnly) this.hub.bus.close();
    else await this.hub.close();
    await this.store.close();
    if (this.scratch !== undefined) await rm(this.scratch, { recursive: true, force: true });
  }

  private async beginCare({ ballastBytes }: XTrackOptions): Promise<void> {
    const { directory, hub, manager, spools } = this;
    if (directory === null) return;
    const bytes = this.storeKind === 'sqlite' ? ballastSize(ballastBytes) : 0;
    const listen = async (path: string): Promise<UnixServer> => this.servers.add(await startUnixServer(hub, { path }));
    this.care = new StandingCare({ hub, manager, spools, directory, ballastBytes: bytes, listen });
    await this.care.begin();
  }

  /** The keys of the data directory; made on use. */
  private keyRing(): KeyRing {
    this.keys ??= KeyRing.open(this.directory);
    return this.keys;
  }

  /** Of a start that went wrong half way: nothing is left open. */
  private async giveUp(error: unknown): Promise<never> {
    await this.close();
    throw error;
  }

  /** A commit was refused for good. What it held is not acknowledged: the emitters connect again and send it again. */
  private dropConnections(error: XTrackError): void {
    warnOf(error);
    this.manager.dropConnections();
    this.servers.dropAll();
  }

  protected assertWritable(): void {
    if (this.closing !== undefined) throw new XTrackError('XT_CLOSED');
    if (this.readOnly) throw new XTrackError('XT_STORE_READ_ONLY');
  }
}
