// Several workers' series of one metric as one: merged where they are equal on the axis, the spread over the workers kept.

import type { SeriesData, SeriesId } from '../../storage/store.js';

export type Aggregate = 'mean' | 'min' | 'max' | 'sum';

/**
 * One entry for each place on the axis where any worker has points. A worker counts with the mean of its finite points there (with
 * its lowest or highest one for `min` and `max`), and once however many it has.
 */
export interface AggregatedSeries extends Omit<SeriesId, 'worker'> {
  readonly kind: 'aggregated';
  readonly aggregate: Aggregate;
  /** In the order of their ids. */
  readonly workers: readonly string[];
  /** Of each of them: when it logged the latest of its points here; NaN where it has none. */
  readonly workerLastTs: readonly number[];
  /** True where these are points that restarts superseded. */
  readonly superseded: boolean;
  /** Points behind all entries together. */
  readonly total: number;
  readonly x: Float64Array;
  /** NaN where no worker has a finite value. */
  readonly value: Float64Array;
  /** Over the finite points of all workers; NaN where there is none. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** Points merged, those included that are NaN or infinite. */
  readonly count: Float64Array;
  /** Points that are NaN or infinite. */
  readonly nonFinite: Float64Array;
  /** Workers with a finite point. */
  readonly present: Float64Array;
  /** Lowest and highest; NaN where no point has one. */
  readonly firstStep: Float64Array;
  readonly lastStep: Float64Array;
  readonly firstTs: Float64Array;
  readonly lastTs: Float64Array;
}

/** Merges series that differ in their worker alone. All lie along one axis. */
export function aggregateSeries(series: readonly SeriesData[], aggregate: Aggregate): AggregatedSeries[] {
  const groups = new Map<string, SeriesData[]>();
  for (const one of series) {
    const name = JSON.stringify([one.runId, one.key, one.phase, one.aggregation, one.superseded]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  return [...groups.values()].map((group) => merge(group, aggregate));
}

function merge(group: readonly SeriesData[], aggregate: Aggregate): AggregatedSeries {
  const { runId, key, phase, aggregation, superseded } = group[0] as SeriesData;
  const x = placesOf(group);
  const workers = [...new Set(group.map(({ worker }) => worker))];
  const entries = new Entries(x.length);
  for (const series of group) addSeries(entries, series, x);
  return {
    kind: 'aggregated',
    runId,
    key,
    phase,
    aggregation,
    superseded,
    aggregate,
    workers,
    workerLastTs: workers.map((worker) => latestOf(group.filter((one) => one.worker === worker))),
    total: group.reduce((sum, { total }) => sum + total, 0),
    x,
    value: entries.values(aggregate),
    min: entries.min,
    max: entries.max,
    count: entries.count,
    nonFinite: entries.nonFinite,
    present: entries.present,
    firstStep: entries.firstStep,
    lastStep: entries.lastStep,
    firstTs: entries.firstTs,
    lastTs: entries.lastTs,
  };
}

function latestOf(series: readonly SeriesData[]): number {
  let latest = Number.NaN;
  for (const one of series) for (const ts of one.kind === 'points' ? one.ts : one.lastTs) if (!(latest >= ts)) latest = ts;
  return latest;
}

/** Every place once, ascending. */
function placesOf(group: readonly SeriesData[]): Float64Array {
  const all = new Float64Array(group.reduce((sum, { x }) => sum + x.length, 0));
  let length = 0;
  for (const { x } of group) {
    all.set(x, length);
    length += x.length;
  }
  return all.sort().filter((place, at) => at === 0 || place !== all[at - 1]);
}

/** What one worker has at one place. */
interface Share {
  count: number;
  finite: number;
  sum: number;
  min: number;
  max: number;
}

class Entries {
  readonly count: Float64Array;
  readonly nonFinite: Float64Array;
  readonly present: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly firstStep: Float64Array;
  readonly lastStep: Float64Array;
  readonly firstTs: Float64Array;
  readonly lastTs: Float64Array;
  /** Of the workers' means. */
  readonly #sum: Float64Array;

  constructor(length: number) {
    const column = (fill: number): Float64Array => new Float64Array(length).fill(fill);
    this.count = column(0);
    this.nonFinite = column(0);
    this.present = column(0);
    this.#sum = column(0);
    this.min = column(Number.NaN);
    this.max = column(Number.NaN);
    this.firstStep = column(Number.NaN);
    this.lastStep = column(Number.NaN);
    this.firstTs = column(Number.NaN);
    this.lastTs = column(Number.NaN);
  }

  add(at: number, { count, finite, sum, min, max }: Share): void {
    this.count[at] = (this.count[at] as number) + count;
    this.nonFinite[at] = (this.nonFinite[at] as number) + count - finite;
    if (finite === 0) return;
    this.present[at] = (this.present[at] as number) + 1;
    this.#sum[at] = (this.#sum[at] as number) + sum / finite;
    lower(this.min, at, min);
    raise(this.max, at, max);
  }

  stretch(at: number, series: SeriesData, from: number): void {
    const points = series.kind === 'points';
    lower(this.firstStep, at, (points ? series.step : series.firstStep)[from] as number);
    raise(this.lastStep, at, (points ? series.step : series.lastStep)[from] as number);
    lower(this.firstTs, at, (points ? series.ts : series.firstTs)[from] as number);
    raise(this.lastTs, at, (points ? series.ts : series.lastTs)[from] as number);
  }

  values(aggregate: Aggregate): Float64Array {
    if (aggregate === 'min') return this.min;
    if (aggregate === 'max') return this.max;
    return this.#sum.map((sum, at) => {
      const present = this.present[at] as number;
      if (present === 0) return Number.NaN;
      return aggregate === 'sum' ? sum : sum / present;
    });
  }
}

/** Written so that a NaN bound (nothing so far) is replaced, and a NaN value replaces nothing. */
function lower(column: Float64Array, at: number, value: number): void {
  if (!((column[at] as number) <= value) && !Number.isNaN(value)) column[at] = value;
}

function raise(column: Float64Array, at: number, value: number): void {
  if (!((column[at] as number) >= value) && !Number.isNaN(value)) column[at] = value;
}

function addSeries(entries: Entries, series: SeriesData, places: Float64Array): void {
  const { x } = series;
  const order = ascending(x);
  let entry = 0;
  for (let next = 0; next < order.length; ) {
    const place = x[order[next] as number] as number;
    while ((places[entry] as number) < place) entry += 1;
    const share: Share = { count: 0, finite: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    for (; next < order.length && x[order[next] as number] === place; next++) {
      addTo(share, series, order[next] as number);
      entries.stretch(entry, series, order[next] as number);
    }
    entries.add(entry, share);
  }
}

function addTo(share: Share, series: SeriesData, at: number): void {
  if (series.kind === 'points') {
    const value = series.value[at] as number;
    share.count += 1;
    if (!Number.isFinite(value)) return;
    share.finite += 1;
    share.sum += value;
    share.min = Math.min(share.min, value);
    share.max = Math.max(share.max, value);
    return;
  }
  const count = series.count[at] as number;
  const finite = count - (series.nonFinite[at] as number);
  share.count += count;
  if (finite === 0) return;
  share.finite += finite;
  share.sum += (series.mean[at] as number) * finite;
  share.min = Math.min(share.min, series.min[at] as number);
  share.max = Math.max(share.max, series.max[at] as number);
}

/** Indexes by ascending place; equal places stay in the order logged. */
function ascending(x: Float64Array): Uint32Array {
  const order = Uint32Array.from(x.keys());
  const sorted = x.every((place, at) => at === 0 || place >= (x[at - 1] as number));
  return sorted ? order : order.sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
}
