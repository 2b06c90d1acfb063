// Samples the machine and the supervised processes, so that every run has its `system/` metrics without asking for them.

import { setTimeout as delay } from 'node:timers/promises';
import { XTrackError } from '../../protocol/index.js';
import { Gpus } from './system-gpu.js';
import { type HostCounts, hostMetrics, readHost, Volumes } from './system-host.js';
import { type ProcessTable, processMetrics, readProcesses } from './system-processes.js';

const DEFAULT_INTERVAL_MS = 10_000;
const SHORTEST_MS = 10;
const LONGEST_MS = 86_400_000;
/** ms: a short run has a point too. */
const FIRST_MS = 1_000;

/** `true`: every 10 s; `false`: never. */
export type SystemMetricsOption = boolean | { readonly intervalMs: number };

/** A process whose metrics are wanted. */
export interface Sampled {
  readonly pid: number;
  /** The file system that holds it is the one whose fill is told. */
  readonly folder: string;
  readonly intervalMs: number;
}

/** One look at machine and processes, for all who look at about the same time. */
interface Look {
  readonly host: HostCounts;
  readonly processes: ProcessTable | undefined;
}

/** ms between two samples; undefined for none. Throws XT_ARGUMENT. */
export function sampleInterval(option: SystemMetricsOption = true): number | undefined {
  if (option === false) return undefined;
  const intervalMs = option === true ? DEFAULT_INTERVAL_MS : option.intervalMs;
  if (intervalMs >= SHORTEST_MS && intervalMs <= LONGEST_MS) return intervalMs;
  const detail = `an interval of ${intervalMs} ms is not between ${SHORTEST_MS} and ${LONGEST_MS}`;
  throw new XTrackError('XT_ARGUMENT', { detail, field: 'systemMetrics.intervalMs' });
}

/** The sampler of one control plane. Its timers keep no process alive. */
export class SystemMetrics {
  private readonly gpus = new Gpus();
  private readonly volumes = new Volumes();
  private readonly ended = new AbortController();
  private latest: { readonly at: number; readonly look: Promise<Look> } | undefined;

  /** Gives the metrics of a process at each interval until the function that it returns is called. */
  watch(sampled: Sampled, give: (metrics: ReadonlyMap<string, number>) => void): () => void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.ended.signal]);
    this.follow(sampled, give, signal).catch((error: Error) => {
      if (!signal.aborted) process.emitWarning(`no more system metrics of process ${sampled.pid}: ${error.message}`, 'XTrackWarning');
    });
    return () => stop.abort();
  }

  close(): void {
    this.ended.abort();
    this.gpus.close();
  }

  private async follow(sampled: Sampled, give: (metrics: ReadonlyMap<string, number>) => void, signal: AbortSignal): Promise<void> {
    const { pid, folder, intervalMs } = sampled;
    let wait = Math.min(FIRST_MS, intervalMs);
    this.volumes.usedPercent(folder);
    let before = await this.look(wait / 2);
    for (;;) {
      await delay(wait, undefined, { signal, ref: false });
      // Runs that are sampled at about the same time share what is read, as long as it is newer than what they compare it with.
      const [now, gpus] = await Promise.all([this.look(wait / 2), this.gpus.read(wait / 2)]);
      if (signal.aborted) return;
      const volume = this.volumes.usedPercent(folder);
      const metrics = [
        ...processMetrics(before.processes, now.processes, pid),
        ...hostMetrics(before.host, now.host),
        ...(volume === undefined ? [] : [['system/disk_used_percent', volume] as const]),
        ...gpus,
      ];
      if (metrics.length > 0) give(new Map(metrics.map(([key, value]) => [key, Math.round(value * 100) / 100])));
      before = now;
      wait = intervalMs;
    }
  }

  private look(maxAgeMs: number): Promise<Look> {
    const now = performance.now();
    if (this.latest === undefined || now - this.latest.at > maxAgeMs) this.latest = { at: now, look: takeLook() };
    return this.latest.look;
  }
}

async function takeLook(): Promise<Look> {
  const host = readHost();
  return { host, processes: await readProcesses() };
}
