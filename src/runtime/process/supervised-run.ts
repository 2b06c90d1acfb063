// One process that is watched for its run: its output and samples go into the run, and its end is recorded, whatever becomes of the
// commits in between. Where what the run has in memory is lost, it is read anew and everything goes on from what is stored.

import { setTimeout as delay } from 'node:timers/promises';
import { isFinal } from '../../protocol/events.js';
import { XTrackError } from '../../protocol/index.js';
import type { ProcessRecord } from '../../storage/store.js';
import type { Collector } from '../collector.js';
import type { Hub } from '../hub.js';
import { type Exit, endStatus, exitError, lastLines } from './child-process.js';
import { OutputFollower } from './output-follower.js';
import type { SystemMetrics } from './system-metrics.js';
import { maskedLines } from './terminal/pending-output.js';

const STDERR_TAIL_LINES = 20;
/** Pause before a run that could not be read is tried again (ms): doubles from the first to the second. */
const PAUSE_MS = { first: 50, longest: 5_000 } as const;

export interface SupervisedRunOptions {
  readonly hub: Hub;
  readonly systemMetrics: SystemMetrics;
  readonly process: ProcessRecord;
}

/** Holds its run loaded until `release`. */
export class SupervisedRun {
  readonly runId: string;
  readonly process: ProcessRecord;
  stopRequested = false;
  /** Resolves when the process is gone and everything of it is recorded. */
  ended: Promise<void> = Promise.resolve();
  private collector: Collector;
  private readonly hub: Hub;
  private readonly systemMetrics: SystemMetrics;
  private followers: readonly OutputFollower[] = [];
  private stopSampling: () => void = () => undefined;
  private isSampled = true;
  private renewing: Promise<void> | undefined;
  /** The run is not ours any more: another control plane has it, or it was removed. */
  private over = false;

  constructor(collector: Collector, { hub, systemMetrics, process }: SupervisedRunOptions) {
    this.runId = collector.runId;
    this.process = process;
    this.hub = hub;
    this.systemMetrics = systemMetrics;
    this.collector = collector;
    this.attach(collector);
  }

  /** False when there is nothing left to record. */
  get ours(): boolean {
    return !this.over;
  }

  /** What the run had in memory is lost: reads it anew and goes on. */
  lost(why: XTrackError): void {
    this.detach();
    if (this.over || why.code === 'XT_RUN_PURGED') this.over = true;
    else
      this.renewing ??= this.renew().finally(() => {
        this.renewing = undefined;
      });
  }

  /** Resolves when what the run has in memory is stored, or the run is not ours any more. */
  async durable(): Promise<void> {
    do await this.renewing;
    while (this.ours && !(await this.isStored()));
  }

  /** Takes no more samples. */
  quiet(): void {
    this.isSampled = false;
    this.stopSampling();
  }

  /** Everything that the process wrote until now is in the run's next commit. */
  async readOutput(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.finish()));
  }

  /** Records how the process ended, and resolves when that is stored. */
  async recordEnd(how: Exit): Promise<void> {
    const status = endStatus(how, this.stopRequested);
    const stderrTail = this.tailOfStderr();
    const error = status === 'completed' ? {} : { error: exitError(how, status, stderrTail) };
    do {
      await this.renewing;
      await this.readOutput();
      const { state } = this.collector;
      // An earlier try was stored after all.
      if (!this.ours || (isFinal(state.status) && state.exit !== null)) return;
      this.collector.emit({ type: 'run_end', status, ...error, exit: { ...how, stderrTail } });
    } while (!(await this.isStored()));
  }

  /** Lets go of the run. */
  release(): void {
    this.over = true;
    this.detach();
    this.hub.release(this.runId, this.collector);
  }

  /** False: the run had to be read anew, or has to be. */
  private async isStored(): Promise<boolean> {
    const { collector } = this;
    const stored = await this.hub.journal.flush(this.runId).then(
      () => collector.dead === undefined,
      () => false,
    );
    if (!stored) await delay(PAUSE_MS.first, undefined, { ref: false });
    return stored;
  }

  private attach(collector: Collector): void {
    this.collector = collector;
    this.hub.hold(this.runId);
    collector.supervised = true;
    this.followers = this.follow(collector);
    this.stopSampling = this.sample(collector);
  }

  private detach(): void {
    this.stopSampling();
    for (const follower of this.followers) follower.stop();
    this.followers = [];
  }

  private async renew(): Promise<void> {
    for (let pause: number = PAUSE_MS.first; !this.over; pause = Math.min(pause * 2, PAUSE_MS.longest)) {
      const found = await this.hub.collector(this.runId).catch((error) => XTrackError.from(error, 'XT_STORE_READ'));
      if (this.over) return;
      if (!(found instanceof XTrackError) && found.dead === undefined) return this.goOn(found);
      if (found instanceof XTrackError && found.code === 'XT_RUN_OWNED') this.over = true;
      else await delay(pause, undefined, { ref: false });
    }
  }

  private goOn(collector: Collector): void {
    // It was stored before its process was started: somebody has removed it.
    if (collector.isBlank) this.over = true;
    else this.attach(collector);
    if (this.over) return;
    collector.change((state) => {
      state.process ??= this.process;
      if (state.status === 'pending') state.status = 'running';
    });
  }

  private sample(collector: Collector): () => void {
    const { pid, cwd, sampledEveryMs } = this.process;
    if (sampledEveryMs === undefined || !this.isSampled) return () => undefined;
    return this.systemMetrics.watch({ pid, folder: cwd, intervalMs: sampledEveryMs }, (metrics) => {
      // While the store is away, samples are what can be done without.
      if (!this.hub.journal.full) collector.emit({ type: 'metric_batch', metrics });
    });
  }

  private tailOfStderr(): string[] {
    const masked = this.lineMask();
    return lastLines(this.process.stderrPath).map(masked).slice(-STDERR_TAIL_LINES);
  }

  private lineMask(): (line: string) => string {
    return this.process.unmasked === true ? (line) => line : maskedLines();
  }

  private follow(collector: Collector): OutputFollower[] {
    const streams = [
      ['stdout', this.process.stdoutPath],
      ['stderr', this.process.stderrPath],
    ] as const;
    return streams.map(([stream, path]) => {
      const masked = this.lineMask();
      return new OutputFollower({
        path,
        from: collector.state.captured[stream],
        onLines: (lines) => {
          for (const { text, offset } of lines) {
            collector.emit({ type: 'log', level: 'info', message: masked(text), logger: stream, fields: { stream, offset } });
          }
          this.hub.journal.endChunk();
        },
        whenReady: async () => {
          if (this.hub.journal.full) await new Promise<void>((resolve) => this.hub.journal.whenRoom(resolve));
        },
      });
    });
  }
}
