// All curves of one chart, grown from what was read by what comes in.

import type { Series } from '../../../api/types';
import type { ChartAxis, ChartSeries } from '../../../charts/series/chart-series';
import { type CurveColumns, columnsOf, type Looks } from '../../../charts/series/from-api';
import { LiveCurve, placeOn } from '../../../charts/series/live-curve';
import type { FedPoint } from './live-feed';

/** ms after an answer in which points may still come that are in it already; a page in the background hears of them once a second. */
const OVERLAP_MS = 2_000;

export interface LiveCurvesOptions {
  readonly series: readonly Series[];
  readonly axis: ChartAxis;
  /** When the run began, µs. */
  readonly origin: number;
  /** Only points up to here belong to the window that was read; null: no end. */
  readonly to: number | null;
  readonly maxPoints: number;
  readonly aggregate: 'mean' | 'min' | 'max' | 'sum' | null;
  /** ms, of the page's own clock: when the question was sent, and when its answer came. */
  readonly askedAt: number;
  readonly readAt: number;
}

interface Entry {
  readonly curve: LiveCurve;
  readonly series: Series;
}

export class LiveCurves {
  readonly #options: LiveCurvesOptions;
  readonly #entries: readonly Entry[];
  /** By phase, worker and aggregation. */
  readonly #growing = new Map<string, LiveCurve>();
  /** By phase, worker and aggregation, µs: when the latest point of the answer was logged. */
  readonly #readTo = new Map<string, number>();
  /** When was what where: of the longest curve. */
  readonly anchors: Pick<CurveColumns, 'ts' | 'x'>;

  constructor(options: LiveCurvesOptions) {
    this.#options = options;
    const { series, axis, maxPoints, aggregate } = options;
    let anchors: Pick<CurveColumns, 'ts' | 'x'> = { ts: new Float64Array(0), x: new Float64Array(0) };
    this.#entries = series.map((one) => {
      const columns = columnsOf(one, axis);
      if (columns.x.length > anchors.x.length) anchors = { ts: columns.ts, x: columns.x };
      const isPoints = one.kind === 'points';
      // Twice the places that were asked for: then the next reading halves them.
      const curve = new LiveCurve({
        columns,
        total: one.total,
        isPoints,
        aggregate: one.kind === 'aggregated' ? aggregate : null,
        limit: maxPoints * 2,
      });
      if (!one.superseded) {
        this.#growing.set(curveName(one.phase, one.worker, one.aggregation), curve);
        for (const [worker, ts] of latestOf(one)) this.#readTo.set(curveName(one.phase, worker, one.aggregation), ts);
      }
      return { curve, series: one };
    });
    this.anchors = anchors;
  }

  /** Adds points. True: the curves must be read anew, since something did not fit. */
  add(points: readonly FedPoint[]): boolean {
    let isStale = false;
    for (const point of points) isStale = this.#addOne(point) || isStale;
    return isStale;
  }

  toSeries(looksOf: (series: Series) => Looks): ChartSeries[] {
    return this.#entries.map(({ curve, series }) => curve.toSeries(looksOf(series)));
  }

  #addOne(point: FedPoint): boolean {
    const { axis, origin, to } = this.#options;
    const x = placeOn(axis, point, origin);
    if (x === null || (to !== null && x > to)) return false;
    const curve = this.#curveOf(point);
    if (curve === undefined) return true;
    return !this.#isRead(point) && curve.add({ x, value: point.value }) !== 'added';
  }

  /** What came before the question was stored before it. Between that and shortly after the answer, a point's time tells. */
  #isRead({ phase, worker, aggregation, ts, cameAt }: FedPoint): boolean {
    const { askedAt, readAt } = this.#options;
    if (cameAt < askedAt) return true;
    const readTo = this.#readTo.get(curveName(phase, worker, aggregation));
    return readTo !== undefined && ts <= readTo && cameAt - readAt < OVERLAP_MS;
  }

  #curveOf({ phase, worker, aggregation }: FedPoint): LiveCurve | undefined {
    return this.#growing.get(curveName(phase, worker, aggregation)) ?? this.#growing.get(curveName(phase, null, aggregation));
  }
}

/** Each worker of a series with the time of its latest point, µs. */
function latestOf(series: Series): (readonly [worker: string | null, ts: number])[] {
  if (series.kind === 'aggregated') return series.workers.map((worker, at) => [worker, series.workerLastTs[at] ?? Number.NaN]);
  const times = series.kind === 'points' ? series.ts : series.lastTs;
  return [[series.worker, times.reduce((latest, ts) => Math.max(latest, ts), Number.NEGATIVE_INFINITY)]];
}

function curveName(phase: string, worker: string | null, aggregation: string): string {
  return JSON.stringify([phase, worker, aggregation]);
}
