// The verbs without a run in hand: they go to the run that this code works under.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { CommandType } from '../protocol/collector-messages.js';
import type { EndStatus, WorkerStatus } from '../protocol/events.js';
import type { ArtifactOptions } from './artifact-file.js';
import type { CommandHandler } from './command-desk.js';
import type { CheckpointOptions, EndOptions, LogOptions, MetricOptions, StatusOptions } from './event-bodies.js';
import type { EmitterRun } from './run.js';
import { type RunOptions, startRun as start } from './start-run.js';
import { warnOnce } from './warnings.js';

const scope = new AsyncLocalStorage<EmitterRun>();
/** Started by `startRun`, newest last. */
const started: EmitterRun[] = [];

/** Starts a run and makes it the active one until it ends. See RunOptions. */
export function startRun(options: RunOptions = {}): EmitterRun {
  const run = start(options);
  started.push(run);
  return run;
}

/**
 * Runs `work` with a run that ends by itself: completed when it resolves, failed with the error when it throws (and the error is
 * thrown on), killed when the control plane had asked it to stop. The module's verbs inside go to this run, also when several are under way.
 */
export async function withRun<Result>(options: RunOptions, work: (run: EmitterRun) => Result | Promise<Result>): Promise<Result> {
  const run = start(options);
  try {
    const result = await scope.run(run, () => work(run));
    await run.end(run.shouldStop ? 'killed' : 'completed');
    return result;
  } catch (error) {
    await run.end('failed', { error });
    throw error;
  }
}

/** The run of the surrounding `withRun`, else the newest one started that has not ended; null when there is none. */
export function activeRun(): EmitterRun | null {
  const scoped = scope.getStore();
  if (scoped !== undefined && !scoped.ended) return scoped;
  while (started.at(-1)?.ended === true) started.pop();
  return started.at(-1) ?? null;
}

/** See EmitterRun.logParam; so for the others. Without an active run they do nothing but say so once. */
export function logParam(key: string, value: unknown): void {
  current()?.logParam(key, value);
}

export function logParams(params: Readonly<Record<string, unknown>>): void {
  current()?.logParams(params);
}

export function logMetric(key: string, value: unknown, options?: MetricOptions): void {
  current()?.logMetric(key, value, options);
}

export function logMetrics(metrics: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>, options?: MetricOptions): void {
  current()?.logMetrics(metrics, options);
}

export function logArtifact(path: string, options?: ArtifactOptions): void {
  current()?.logArtifact(path, options);
}

export function logCheckpoint(options: CheckpointOptions): void {
  current()?.logCheckpoint(options);
}

export function setStatus(status: WorkerStatus, options?: StatusOptions): void {
  current()?.setStatus(status, options);
}

export function log(message: unknown, options?: LogOptions): void {
  current()?.log(message, options);
}

export function onCommand(type: CommandType, handler: CommandHandler): void {
  current()?.onCommand(type, handler);
}

/** True once the control plane asked the active run to stop. */
export function shouldStop(): boolean {
  return activeRun()?.shouldStop ?? false;
}

export async function flush(options?: { readonly timeoutMs?: number }): Promise<boolean> {
  return (await activeRun()?.flush(options)) ?? true;
}

/** Ends the active run. */
export async function endRun(status?: EndStatus, options?: EndOptions & { readonly timeoutMs?: number }): Promise<void> {
  await activeRun()?.end(status, options);
}

function current(): EmitterRun | null {
  const run = activeRun();
  if (run === null) warnOnce('no run', 'nothing is recorded: no run is active, call startRun first');
  return run;
}
