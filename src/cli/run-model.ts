// What the views know of a run: its state, the trail of its metrics and when it will be done. Bounded, whatever the run sends.

import type { Metric, MetricBatch, Phase, Progress, Run, RunStatus, SeriesSummary, StatusUpdate } from '../index.js';
import type { Update } from './follow.js';
import { RemainingTime } from './terminal/progress.js';

/** Values kept for a sparkline. */
const TRAIL = 120;
/** Series that are shown; those after them are only counted. */
const MAX_SERIES = 200;

/** What is measured of the machine has a line of its own: as trails, these would crowd out what the training says. */
export const SYSTEM_PREFIX = 'system/';
/** Series of the machine that are kept: a few for each GPU. */
const MAX_SYSTEM = 500;

/** The latest values of one metric of one worker in one phase. */
export interface Trail {
  readonly label: string;
  readonly values: number[];
  latest: number;
  epoch: number | undefined;
  /** When it last changed, in the order of all changes: busy series are shown first. */
  touched: number;
}

/** Gathers updates into what there is to show. */
export class RunModel {
  run: Run;
  status: RunStatus;
  message: string | null;
  progress: Progress | null;
  /** False while no control plane answers. */
  live = true;
  /** True once a stop was asked for. */
  stopping = false;
  readonly trails = new Map<string, Trail>();
  /** The latest values of the machine and the process, by key. */
  readonly system = new Map<string, number>();
  /** The newest epoch that a metric named. */
  epoch: number | undefined;
  readonly #remaining = new RemainingTime();
  #changes = 0;

  constructor(run: Run) {
    this.run = run;
    this.status = run.status;
    this.message = run.message;
    this.progress = run.progress;
  }

  /** Takes in one update; `now` in milliseconds. Logs are not kept. */
  apply(update: Update, now: number): void {
    if (update.kind === 'run') this.#applyRun(update.run, now);
    else if (update.kind === 'series') for (const series of update.series) this.#applySummary(series);
    else if (update.kind === 'event') this.#applyEvent(update.event, now);
    else if (update.kind === 'contact') this.live = update.live;
  }

  /** Milliseconds since the run began, or that it took. */
  elapsed(now: number): number {
    const start = Date.parse(this.run.startedAt ?? this.run.createdAt);
    return Math.max(0, (this.run.endedAt === null ? now : Date.parse(this.run.endedAt)) - start);
  }

  /** Milliseconds left, where the run tells its progress. */
  remaining(now: number): number | undefined {
    const total = this.progress?.total;
    return total === undefined || this.run.endedAt !== null ? undefined : this.#remaining.estimate(total, now);
  }

  /** The series that changed last, at most `most`, in the order in which they first came. */
  busiest(most: number): Trail[] {
    const trails = [...this.trails.values()];
    if (trails.length <= most) return trails;
    const chosen = new Set(trails.toSorted((a, b) => b.touched - a.touched).slice(0, most));
    return trails.filter((trail) => chosen.has(trail));
  }

  #applyRun(run: Run, now: number): void {
    this.run = run;
    this.status = run.status;
    this.message = run.message;
    if (run.progress !== null) this.#applyProgress(run.progress, now);
  }

  #applyEvent(event: Metric | MetricBatch | StatusUpdate, now: number): void {
    if (event.type === 'status') {
      if (event.message !== undefined) this.message = event.message;
      if (event.progress !== undefined) this.#applyProgress(event.progress, now);
      return;
    }
    if (event.epoch !== undefined && event.epoch > (this.epoch ?? Number.NEGATIVE_INFINITY)) this.epoch = event.epoch;
    const values = event.type === 'metric' ? [[event.key, event.value] as const] : event.metrics;
    for (const [key, value] of values) {
      const trail = this.#measured(key, value) ? undefined : this.#trail(event.worker, key, event.context?.phase ?? '');
      if (trail !== undefined) this.#extend(trail, value, event.epoch);
    }
  }

  #applyProgress(progress: Progress, now: number): void {
    this.progress = progress;
    this.#remaining.sample(progress.current, now);
  }

  #applySummary(series: SeriesSummary): void {
    if (this.#measured(series.key, series.last.value)) return;
    const trail = this.#trail(series.worker, series.key, series.phase);
    if (trail === undefined || Object.is(trail.latest, series.last.value)) return;
    this.#extend(trail, series.last.value, series.last.epoch ?? undefined);
  }

  /** True for a value of the machine, which is kept apart. */
  #measured(key: string, value: number): boolean {
    if (!key.startsWith(SYSTEM_PREFIX)) return false;
    if (this.system.has(key) || this.system.size < MAX_SYSTEM) this.system.set(key, value);
    return true;
  }

  #extend(trail: Trail, value: number, epoch: number | undefined): void {
    this.#changes += 1;
    trail.values.push(value);
    if (trail.values.length > TRAIL) trail.values.shift();
    trail.latest = value;
    trail.epoch = epoch;
    trail.touched = this.#changes;
  }

  #trail(worker: string, key: string, phase: Phase | ''): Trail | undefined {
    const id = JSON.stringify([worker, key, phase]);
    const known = this.trails.get(id);
    if (known !== undefined || this.trails.size >= MAX_SERIES) return known;
    const label = [key.startsWith(phase) ? '' : phase, key, worker === '' ? '' : `[${worker}]`].filter((part) => part !== '').join(' ');
    const trail: Trail = { label, values: [], latest: Number.NaN, epoch: undefined, touched: 0 };
    this.trails.set(id, trail);
    return trail;
  }
}
