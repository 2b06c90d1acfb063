// Reads the lines of an answer: from summaries where a chart needs no more, from points where it does, whatever keeps them.

import { PointList } from '../points/point-list.js';
import { type BucketsOf, bucketSize, joinBuckets, placeBuckets } from './buckets.js';
import { Extent, Grid, PlacedUnits } from './grid.js';
import { type Line, linesOf, type SeriesParts, type Stretch } from './lines.js';
import { type Finer, pointsIn, type Refine, type Segment } from './segments.js';
import { columnOf, coverOf, selectFrom } from './selection.js';
import type { SeriesData, SeriesQuery } from './series.js';
import { CELL_POINTS, SummaryList } from './summary.js';

/** No summary of several chunks holds so few points. */
const CHUNK_BY_CHUNK = 0;

/** Gives the points of each segment, each seq once and ascending, in the order asked. */
export type FetchPoints = (segments: readonly Segment[]) => AsyncIterable<PointList>;

/** A stretch of which something is wanted: all of it by its summaries, or these points. */
interface Part {
  readonly segment: Segment;
  readonly points: PointList | undefined;
}

interface Gathered extends BucketsOf {
  readonly parts: readonly Part[];
}

/** The answer to a query over series in their order; those without a point are left out. `refine`: for segments that are groups. */
export async function readLines(
  series: readonly SeriesParts[],
  query: SeriesQuery,
  fetch: FetchPoints,
  refine: Refine = async () => [],
): Promise<SeriesData[]> {
  const reader = new LineReader(query, fetch, refine);
  const lines = series.flatMap((one) => linesOf(one, query));
  return query.by === undefined ? await reader.byCount(lines) : await reader.byAxis(lines);
}

class LineReader {
  readonly #query: SeriesQuery;
  readonly #maxPoints: number;
  readonly #fetch: FetchPoints;
  readonly #refine: Refine;

  constructor(query: SeriesQuery, fetch: FetchPoints, refine: Refine) {
    this.#query = query;
    this.#maxPoints = query.maxPoints ?? Number.POSITIVE_INFINITY;
    this.#fetch = fetch;
    this.#refine = refine;
  }

  /** Buckets of so many points each. */
  async byCount(lines: readonly Line[]): Promise<SeriesData[]> {
    const out: SeriesData[] = [];
    for (const line of lines) {
      const gathered = await this.#gather(line);
      if (gathered.total > 0) out.push(await this.#counted(gathered));
    }
    return out;
  }

  /** Buckets at the same places for all; points only where no series has too many. */
  async byAxis(lines: readonly Line[]): Promise<SeriesData[]> {
    const all: Gathered[] = [];
    for (const line of lines) {
      const gathered = await this.#gather(line);
      if (gathered.total > 0) all.push(gathered);
    }
    const longest = all.reduce((most, { total }) => Math.max(most, total), 0);
    const grid = longest > this.#maxPoints ? new Grid(this.#extent(all), this.#maxPoints) : undefined;
    const out: SeriesData[] = [];
    for (const gathered of all) out.push(grid === undefined ? await this.#everyPoint(gathered) : await this.#placed(gathered, grid));
    return out;
  }

  async #counted(gathered: Gathered): Promise<SeriesData> {
    const { parts, total } = gathered;
    if (total <= this.#maxPoints) return await this.#everyPoint(gathered);
    const size = bucketSize(total, this.#maxPoints);
    const units = new SummaryList(Math.min(total, this.#maxPoints));
    if (size < CELL_POINTS) {
      const points = await this.#pointsOf(gathered);
      for (let from = 0; from < total; from += size) units.appendPoints(points, from, Math.min(from + size, total));
      return joinBuckets(gathered, units, size);
    }
    for (const { segment, points } of await this.#finer(parts, () => size)) {
      if (points === undefined) units.appendData(cellsOf(segment));
      else units.appendCells(points);
    }
    return joinBuckets(gathered, units, size);
  }

  async #placed(gathered: Gathered, grid: Grid): Promise<SeriesData> {
    const parts = await this.#resolved(gathered.parts, grid);
    const units = new PlacedUnits(grid, parts.length * 8);
    const isCoarse = ({ segment, points }: Part): boolean => points === undefined && !grid.resolves(cellsOf(segment));
    const coarse = new Set(parts.filter(isCoarse));
    const fetched = this.#inOrder([...coarse]);
    for (const part of parts) {
      const points = coarse.has(part) ? await fetched() : part.points;
      if (points === undefined) units.addCells(cellsOf(part.segment));
      else units.addPoints(points);
    }
    return placeBuckets(gathered, units);
  }

  async #everyPoint(gathered: Gathered): Promise<SeriesData> {
    const { id, superseded, incarnation, total } = gathered;
    const { seq, step, epoch, ts, value } = await this.#pointsOf(gathered);
    const columns = { seq, step, epoch, ts, value };
    return { ...id, superseded, incarnation, kind: 'points', total, x: columnOf(columns, this.#query.by ?? 'step'), ...columns };
  }

  /** In columns of just that length. */
  async #pointsOf({ parts: gathered, total }: Gathered): Promise<PointList> {
    const parts = await this.#finer(gathered, () => CHUNK_BY_CHUNK);
    const out = new PointList(total);
    const fetched = this.#inOrder(parts.filter(({ points }) => points === undefined));
    for (const { points } of parts) out.append(points ?? (await fetched()));
    return out;
  }

  async #gather({ id, superseded, incarnation, stretches }: Line): Promise<Gathered> {
    const wanted = await this.#covered(stretches);
    const fetched = this.#inOrder(wanted.filter((stretch) => stretch.cover === 'cut'));
    const parts: Part[] = [];
    let total = 0;
    for (const { segment, selection, cover } of wanted) {
      const points = cover === 'cut' ? selectFrom(await fetched(), selection, new PointList()) : undefined;
      total += points?.length ?? pointsIn(cellsOf(segment));
      if (points?.length !== 0) parts.push({ segment, points });
    }
    return { id, superseded, incarnation, parts, total };
  }

  /** What of the stretches is wanted, by summaries as coarse as that allows. */
  async #covered(stretches: readonly Stretch[]): Promise<CoveredStretch[]> {
    const finer = await this.#finer(stretches.flatMap(judged), ({ cover }) => (cover === 'cut' ? CHUNK_BY_CHUNK : undefined));
    return finer.flatMap((stretch) => (stretch.cover === 'cut' ? judged(stretch) : [stretch]));
  }

  /** The same by the coarsest summaries that span no more than a stretch each; where there are none, by the finest. */
  async #resolved(parts: readonly Part[], grid: Grid): Promise<readonly Part[]> {
    const isCoarse = ({ segment, points }: Part): boolean => points === undefined && !grid.resolves(cellsOf(segment));
    const finer = await this.#finer(parts, (part) =>
      isCoarse(part) ? part.segment.count / grid.stretchesIn(cellsOf(part.segment)) : undefined,
    );
    return await this.#finer(finer, (part) => (isCoarse(part) ? CHUNK_BY_CHUNK : undefined));
  }

  /** The same with finer segments in place of the groups for which `pointsOf` says how many points a summary may hold. */
  async #finer<One extends { readonly segment: Segment }>(
    all: readonly One[],
    pointsOf: (one: One) => number | undefined,
  ): Promise<readonly One[]> {
    const wanted = new Map<One, Finer>();
    for (const one of all) {
      const { group } = one.segment;
      const points = group === undefined ? undefined : pointsOf(one);
      if (group !== undefined && points !== undefined) wanted.set(one, { group, points });
    }
    if (wanted.size === 0) return all;
    const found = (await this.#refine([...wanted.values()])).values();
    return all.flatMap((one) => {
      if (!wanted.has(one)) return [one];
      return ((found.next().value ?? []) as readonly Segment[]).map((segment) => ({ ...one, segment }));
    });
  }

  /** The points of each of these in turn. */
  #inOrder(of: readonly { readonly segment: Segment }[]): () => Promise<PointList> {
    const points = this.#fetch(of.map(({ segment }) => segment))[Symbol.asyncIterator]();
    return async () => ((await points.next()) as IteratorYieldResult<PointList>).value;
  }

  #extent(all: readonly Gathered[]): Extent {
    const extent = new Extent(this.#query.by ?? 'step');
    for (const { segment, points } of all.flatMap(({ parts }) => parts)) {
      if (points === undefined) extent.addCells(cellsOf(segment));
      else extent.addPoints(points);
    }
    // A chart zoomed in keeps its cuts, whatever of the range has points.
    const { from, to } = this.#query.range ?? {};
    if (from !== undefined && Number.isFinite(from)) extent.from = from;
    if (to !== undefined && Number.isFinite(to)) extent.to = to;
    return extent;
  }
}

interface CoveredStretch extends Stretch {
  readonly cover: 'inside' | 'cut';
}

/** How the stretch lies to what is wanted; nothing where it lies outside. */
function judged({ segment, selection }: Stretch): CoveredStretch[] {
  const cover = segment.cells === undefined ? 'cut' : coverOf(segment.cells, selection);
  return cover === 'outside' ? [] : [{ segment, selection, cover }];
}

function cellsOf({ cells }: Segment): Float64Array {
  return cells as Float64Array;
}
