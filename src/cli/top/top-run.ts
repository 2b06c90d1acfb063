// What the page knows of one run: its state, how fast it goes, and the metrics that tell most.

import type { Run, SeriesSummary, XTrack } from '../../index.js';
import { isFinal } from '../../protocol/events.js';
import { RESERVED_TAGS } from '../../protocol/reserved-tags.js';
import { runSummary } from '../run-json.js';
import { SYSTEM_PREFIX } from '../run-model.js';
import { RemainingTime } from '../terminal/progress.js';

/** Cells of a sparkline: as many buckets are read. */
const SPARK_POINTS = 24;
/** Metrics shown of a run where none is chosen. */
const MOST_METRICS = 4;

/** Names that tell most about a training, first things first. */
const TELLING = [/loss/i, /acc|f1|auc|score|reward|bleu|perplexity/i];

/** One metric as a cell shows it. */
export interface TopMetric {
  readonly series: SeriesSummary;
  readonly label: string;
  /** Means of equal stretches, oldest first. */
  readonly shape: readonly number[];
}

export class TopRun {
  run: Run;
  metrics: readonly TopMetric[] = [];
  /** Highest step that any metric of the training has. */
  step: number | null = null;
  /** Work a second, lately or, where nothing is known of that, since the start: in the unit of the progress, else in steps. */
  perSecond: number | undefined;
  readonly #remaining = new RemainingTime();
  /** True once all of a run that is over was read. */
  #complete = false;
  #mark: { readonly done: number; readonly at: number } | undefined;

  constructor(run: Run) {
    this.run = run;
  }

  get live(): boolean {
    return !isFinal(this.run.status);
  }

  get name(): string {
    return this.run.tags[RESERVED_TAGS.name] ?? this.run.name ?? this.run.runId;
  }

  /** 0 to 1; undefined where the run does not tell. */
  get fraction(): number | undefined {
    const { progress } = this.run;
    return progress?.total === undefined || !(progress.total > 0) ? undefined : progress.current / progress.total;
  }

  /** Milliseconds since it began, or that it took. */
  elapsed(now: number): number {
    const begin = Date.parse(this.run.startedAt ?? this.run.createdAt);
    return Math.max(0, (this.run.endedAt === null ? now : Date.parse(this.run.endedAt)) - begin);
  }

  /** Milliseconds left; undefined where nothing tells. */
  remaining(now: number): number | undefined {
    const { progress } = this.run;
    if (!this.live || progress?.total === undefined || progress.current <= 0) return undefined;
    const average = (this.elapsed(now) / progress.current) * (progress.total - progress.current);
    return this.#remaining.estimate(progress.total, now) ?? (average >= 0 ? average : undefined);
  }

  /** Takes the run as it is now; `now` in milliseconds. */
  update(run: Run, now: number): void {
    this.run = run;
    if (run.progress !== null) this.#remaining.sample(run.progress.current, now);
  }

  /** Reads its metrics; of those with a name in `wanted`, where any is given. */
  async read(xtrack: Pick<XTrack, 'listSeries' | 'getMetrics'>, wanted: readonly string[], now: number): Promise<void> {
    if (this.#complete) return;
    const over = !this.live;
    const all = (await xtrack.listSeries(this.run.runId)).filter(({ key }) => !key.startsWith(SYSTEM_PREFIX) || wanted.includes(key));
    this.step = all.reduce<number | null>((most, { last }) => (last.step !== null && last.step > (most ?? -1) ? last.step : most), null);
    this.#measure(now);
    this.metrics = await Promise.all(chosen(all, wanted).map((series) => this.#metric(xtrack, series)));
    this.#complete = over;
  }

  async #metric(xtrack: Pick<XTrack, 'getMetrics'>, series: SeriesSummary): Promise<TopMetric> {
    const { key, phase, worker, aggregation } = series;
    const found = await xtrack.getMetrics(this.run.runId, key, { maxPoints: SPARK_POINTS, worker, phase });
    const one = found.find((each) => each.aggregation === aggregation);
    const shape = one === undefined ? [] : [...(one.kind === 'buckets' ? one.mean : one.value)];
    const label = phase === '' || key.startsWith(phase) ? key : `${phase} ${key}`;
    return { series, label, shape };
  }

  #measure(now: number): void {
    const done = this.run.progress?.current ?? this.step;
    if (done === null) return;
    const elapsed = this.elapsed(now) / 1_000;
    const average = elapsed > 0 ? done / elapsed : undefined;
    const { done: before, at } = this.#mark ?? { done, at: now };
    if (!this.live || done < before) this.#mark = undefined;
    // A step may take longer than the time between two looks: the speed is of the time since the last change but one.
    else if (this.#mark === undefined || done > before) this.#mark = { done, at: now };
    this.perSecond = this.live && done > before && now > at ? ((done - before) * 1_000) / (now - at) : (this.perSecond ?? average);
    if (!this.live) this.perSecond = average;
  }
}

/** One series a metric: validation before training, the first worker before the others. */
function chosen(all: readonly SeriesSummary[], wanted: readonly string[]): SeriesSummary[] {
  const byKey = new Map<string, SeriesSummary>();
  for (const series of all) {
    const known = byKey.get(series.key);
    if (known === undefined || (series.phase === 'val' && known.phase !== 'val')) byKey.set(series.key, series);
  }
  if (wanted.length > 0) return wanted.flatMap((key) => byKey.get(key) ?? []);
  const rank = ({ key }: SeriesSummary): number => TELLING.findIndex((pattern) => pattern.test(key)) >>> 0;
  return [...byKey.values()].sort((a, b) => rank(a) - rank(b)).slice(0, MOST_METRICS);
}

/** The stable JSON of `xtrack top --json`: fields are added, never changed. Times in milliseconds; null where nothing tells. `now` in milliseconds. */
export function rowJson(row: TopRun, now: number): object {
  const { run, step, perSecond, metrics } = row;
  return {
    ...runSummary(run),
    live: row.live,
    progress: run.progress,
    elapsedMs: row.elapsed(now),
    remainingMs: row.remaining(now) ?? null,
    step,
    perSecond: perSecond ?? null,
    metrics: metrics.map(({ series: { key, phase, worker, last } }) => ({
      key,
      phase: phase || null,
      worker,
      step: last.step,
      value: last.value,
    })),
  };
}
