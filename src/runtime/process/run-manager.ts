// Runs that are processes: start them, follow their output, find them again after a restart, see them end, stop them.

import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { isFinal } from '../../protocol/events.js';
import { assertRunId, XTrackError } from '../../protocol/index.js';
import type { ProcessRecord } from '../../storage/store.js';
import type { Collector } from '../collector.js';
import type { StopRunOptions } from '../commands.js';
import type { Hub } from '../hub.js';
import { warnOf } from '../mishaps.js';
import { workersEnded } from '../run-state.js';
import { type Exit, signalGroup, startChild } from './child-process.js';
import { GivenCommands } from './given-commands.js';
import { isAlive } from './process-identity.js';
import { SupervisedRun } from './supervised-run.js';
import { SystemMetrics, type SystemMetricsOption, sampleInterval } from './system-metrics.js';

/** After the process ended, its last events are waited for so long (ms): a forked child may hold fd 3 open for ever. */
const DRAIN_MS = 2_000;
const QUIET_MS = 50;
/** How often a process that is not our child is looked at (ms). */
const WATCH_MS = 250;
/** Default time (ms) for each step of a stop: command, SIGTERM, then SIGKILL. */
const DEFAULT_GRACE_MS = 10_000;
/** A longer timer fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

export interface StartRunOptions {
  /** Program to start; found on PATH. Never a shell line. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly name?: string;
  readonly experimentId?: string;
  readonly parentRunId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Default: a UUIDv7. */
  readonly runId?: string;
  /** Samples of machine, GPUs and process under `system/` while it runs. Default: every 10 s, the first after 1 s. */
  readonly systemMetrics?: SystemMetricsOption;
}

/** What the transports give a spawned child: a session on its fd 3. */
export interface ChildSession {
  /** ms of the monotonic clock: when bytes last came. */
  readonly lastReceived: number;
  ready(): Promise<void>;
  /** Ends the session; the socket is destroyed. */
  end(): void;
}

export interface RunManagerOptions {
  readonly hub: Hub;
  /** Folder for output files. */
  readonly outputRoot: string;
  readonly dataDirectory: string | null;
  readonly socketPath: () => string | null;
  readonly openSession: (socket: Socket, runId: string) => ChildSession;
  /** Takes in what a dead process left in its spool. */
  readonly sweepSpool: (runId: string) => Promise<void>;
}

/** Supervisor of the processes of one control plane. */
export class RunManager {
  private readonly options: RunManagerOptions;
  private readonly hub: Hub;
  private readonly supervised = new Map<string, SupervisedRun>();
  /** Of the runs that were started here. */
  readonly given = new GivenCommands();
  private readonly sessions = new Set<ChildSession>();
  private readonly children = new Set<ChildProcess>();
  private readonly systemMetrics = new SystemMetrics();
  private closed = false;

  constructor(options: RunManagerOptions) {
    this.options = options;
    this.hub = options.hub;
  }

  /** Starts a run as a process of its own and resolves once it runs. Errors: XT_SPAWN, XT_RUN_EXISTS, XT_RUN_ID, XT_ARGUMENT. */
  async start(options: StartRunOptions): Promise<Collector> {
    const runId = options.runId ?? uuidv7();
    assertRunId(runId);
    sampleInterval(options.systemMetrics);
    const collector = await this.hub.create(runId, (state) => {
      state.name = options.name ?? null;
      state.experimentId = options.experimentId ?? null;
      state.parentRunId = options.parentRunId ?? null;
      state.tags = { ...options.tags };
      state.startedAt = this.hub.now();
    });
    this.hub.hold(runId);
    try {
      await this.spawn(collector, options);
    } catch (error) {
      const failure = XTrackError.from(error, 'XT_SPAWN');
      collector.emit({ type: 'run_end', status: 'failed', error: { type: failure.code, message: failure.message } });
      await this.hub.journal.flush(runId).catch(warnOf);
      throw failure;
    } finally {
      // Whoever watches the process holds the run for itself.
      this.hub.release(runId, collector);
    }
    return collector;
  }

  /** Takes up the process of a run that a former control plane started. */
  adopt(collector: Collector): void {
    const record = collector.state.process;
    if (record === null || this.hub.ownership.isAway(record) || this.supervised.has(collector.runId) || isFinal(collector.state.status))
      return;
    if (isAlive(record) && collector.state.workers.size === 0) {
      // It never tracked anything by itself, so there is nobody to wait for: it simply runs.
      collector.change((state) => {
        state.status = 'running';
      });
    }
    this.supervise(collector, record, this.watch(record), () => this.awaitOrphan(collector));
  }

  /** Stop command, SIGTERM, SIGKILL, each after `graceMs`. Resolves when the run has ended. */
  async stop(collector: Collector, { graceMs = DEFAULT_GRACE_MS, ...by }: StopRunOptions = {}): Promise<void> {
    const supervised = this.supervised.get(collector.runId);
    if (supervised !== undefined) supervised.stopRequested = true;
    const current = (): Collector => this.hub.loaded(collector.runId) ?? collector;
    const over = (): boolean => isFinal(current().state.status) && supervised === undefined;
    const ended = supervised?.ended ?? this.waitUntil(over);
    const within = async (ms: number): Promise<boolean> =>
      await Promise.race([ended.then(() => true), delay(Math.min(Math.max(0, ms), LONGEST_MS), false, { ref: false })]);
    if (this.hub.commands.reachable(collector.runId)) {
      const asked = this.hub.commands.send(collector.runId, 'stop', {}, { ...by, expiresInMs: graceMs });
      // A script that never looks whether it should stop is not waited for.
      const unable = asked
        .then(({ status }) => (status === 'unsupported' ? false : new Promise<never>(() => undefined)))
        .catch(() => false);
      if (await Promise.race([within(graceMs), unable])) return;
    }
    if (supervised !== undefined) {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        if (isAlive(supervised.process)) signalGroup(supervised.process.pid, signal);
        if (await within(graceMs)) return;
      }
      await ended;
      return;
    }
    if (over()) return;
    current().emit({
      type: 'run_end',
      status: 'killed',
      error: { type: 'Stopped', message: 'stopped by the control plane; no worker answered' },
    });
    await this.hub.journal.flush(collector.runId);
  }

  /** What the run had in memory is lost: where a process of it is watched, it is read anew and goes on. */
  lost(runId: string, why: XTrackError): void {
    this.supervised.get(runId)?.lost(why);
  }

  /** Lets go of every process; they go on, and the next control plane finds them again. */
  async close(): Promise<void> {
    this.closed = true;
    this.systemMetrics.close();
    for (const child of this.children) child.unref();
    this.dropConnections();
    await Promise.all([...this.supervised.values()].map((supervised) => supervised.readOutput()));
    for (const supervised of this.supervised.values()) supervised.release();
    this.supervised.clear();
  }

  /** Ends the event sockets of all children: their emitters go on over the local socket and send again what was not acknowledged. */
  dropConnections(): void {
    for (const session of this.sessions) session.end();
    this.sessions.clear();
  }

  private async spawn(collector: Collector, options: StartRunOptions): Promise<void> {
    const { runId, state } = collector;
    const { child, events, record } = await startChild({
      runId,
      command: options.command,
      args: options.args ?? [],
      cwd: options.cwd ?? process.cwd(),
      env: options.env ?? {},
      outputRoot: this.options.outputRoot,
      dataDirectory: this.options.dataDirectory,
      socketPath: this.options.socketPath(),
      experimentId: state.experimentId,
      parentRunId: state.parentRunId,
      sampledEveryMs: sampleInterval(options.systemMetrics),
      host: this.hub.ownership.own.host,
    });
    this.given.note(runId, { command: options.command, args: options.args ?? [] }, record);
    const session = this.options.openSession(events, runId);
    collector.change((current) => {
      current.process = record;
      if (current.status === 'pending') current.status = 'running';
    });
    const exit = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    this.sessions.add(session);
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    await this.supervise(collector, record, exit, () => this.drain(session)).durable();
  }

  private supervise(collector: Collector, record: ProcessRecord, exit: Promise<Exit>, drain: () => Promise<void>): SupervisedRun {
    const { hub, systemMetrics } = this;
    const supervised = new SupervisedRun(collector, { hub, systemMetrics, process: record });
    this.supervised.set(collector.runId, supervised);
    supervised.ended = exit.then((how) => this.finish(supervised, how, drain));
    // Whoever stops the run hears of it; else there is nobody to.
    supervised.ended.catch(warnOf);
    return supervised;
  }

  private async finish(supervised: SupervisedRun, how: Exit, drain: () => Promise<void>): Promise<void> {
    supervised.quiet();
    if (this.closed) return;
    const { runId, process: record } = supervised;
    await drain();
    await supervised.readOutput();
    await this.options.sweepSpool(runId).catch(warnOf);
    if (this.closed) return;
    await supervised.recordEnd(how);
    if (this.closed) return;
    this.hub.commands.abandon(runId);
    await this.hub.journal.flush(runId).catch(warnOf);
    this.supervised.delete(runId);
    const recorded = supervised.ours;
    supervised.release();
    if (recorded) await rm(dirname(record.stdoutPath), { recursive: true, force: true }).catch(() => undefined);
  }

  /** Everything that a dead child wrote is in its socket's buffer already: read until it is quiet. */
  private async drain(session: ChildSession): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    while (performance.now() < deadline) {
      await session.ready();
      if (performance.now() - session.lastReceived > QUIET_MS) break;
      await delay(QUIET_MS / 2);
    }
    session.end();
    this.sessions.delete(session);
  }

  /** The emitter of a process that we are not the parent of may still be telling how it ended. */
  private async awaitOrphan(collector: Collector): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    while (performance.now() < deadline && !workersEnded(collector.state)) await delay(QUIET_MS);
  }

  private async watch(record: ProcessRecord): Promise<Exit> {
    while (isAlive(record) && !this.closed) await delay(WATCH_MS, undefined, { ref: false });
    return { code: null, signal: null };
  }

  private async waitUntil(condition: () => boolean): Promise<void> {
    while (!condition() && !this.closed) await delay(QUIET_MS, undefined, { ref: false });
  }
}
