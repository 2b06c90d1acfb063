// Reads series: summaries where a chart needs no more, points where it does, always sealed chunks plus the open tail.

import { bucketSize, joinBuckets } from '../buckets.js';
import { decodeChunk } from '../chunk.js';
import { type StepRange, stepRange } from '../filters.js';
import { PointList } from '../point-list.js';
import { readPoints, withinRange } from '../point-reading.js';
import type { SeriesData, SeriesId, SeriesQuery, SeriesSummary } from '../store.js';
import { CELL_POINTS, COUNT, FIELDS, STEP_MAX, STEP_MIN, SummaryList } from '../summary.js';
import { compareText } from '../text.js';
import { compareSeries, summarise } from '../track-stats.js';
import type { Connection, Statement } from './driver.js';
import { toFloats } from './floats.js';
import type { Breath } from './read-queue.js';
import { type ChunkMeta, type Segment, segmentsOf } from './segments.js';
import type { OpenTrack } from './tails.js';
import type { TailsView } from './tails-view.js';

/** The tracks of one series, by ascending incarnation, and their tails as they were when the read began. */
interface Series {
  readonly id: SeriesId;
  readonly tracks: { readonly track: OpenTrack; readonly tail: PointList }[];
}

export class SeriesReader {
  readonly #connection: Connection;
  readonly #tails: TailsView;
  readonly #selectData: Statement;

  constructor(connection: Connection, tails: TailsView) {
    this.#connection = connection;
    this.#tails = tails;
    this.#selectData = connection.prepare('SELECT data FROM chunk_data WHERE chunk = ?');
  }

  listSeries(runId: string): SeriesSummary[] {
    const groups = group([...this.#tails.tracksOf(runId)].filter((track) => track.stats.count > 0));
    return groups.map(({ id, tracks }) => summarise(id, tracks)).sort((a, b) => compareSeries(a, b));
  }

  async readSeries(query: SeriesQuery, breath: Breath): Promise<SeriesData[]> {
    const wanted = [...this.#tails.tracksOf(query.runId)].filter(({ id }) => matches(id, query));
    // Tails are copied before the first pause: a commit in a later one must not reach into this read.
    const series: Series[] = group(wanted).map(({ id, tracks }) => ({
      id,
      tracks: tracks.map((track) => ({ track, tail: this.#tails.tailOf(track) })),
    }));
    const out: SeriesData[] = [];
    for (const one of series.sort((a, b) => compareSeries(a.id, b.id))) {
      const data = await this.#readOne(one, query, breath);
      if (data.total > 0) out.push(data);
    }
    return out;
  }

  async #readOne(series: Series, query: SeriesQuery, breath: Breath): Promise<SeriesData> {
    const range = stepRange(query);
    const segments = series.tracks.flatMap(({ track, tail }) => segmentsOf(this.#chunks(track.row), tail));
    const { maxPoints } = query;
    if (maxPoints !== undefined && bucketSize(pointsIn(segments), maxPoints) > 1) {
      const units = await this.#units(segments, range, breath);
      const total = sumCounts(units);
      const size = bucketSize(total, maxPoints);
      if (size >= CELL_POINTS) return joinBuckets(series.id, units, size, total);
    }
    return readPoints(series.id, await this.#points(segments, range, breath), maxPoints);
  }

  #chunks(track: number): ChunkMeta[] {
    const sql = 'SELECT id, first_seq, last_seq, count, cells FROM chunks WHERE track = ? AND open = 0 ORDER BY first_seq, id';
    return this.#connection.prepare(sql).all(track) as ChunkMeta[];
  }

  /** Summaries of at most CELL_POINTS points each; chunks are decoded only where the range cuts through a cell. */
  async #units(segments: readonly Segment[], range: StepRange | undefined, breath: Breath): Promise<SummaryList> {
    const units = new SummaryList(segments.length * 8);
    for (const segment of segments) {
      const cells = segment.cells === undefined ? undefined : toFloats(segment.cells);
      const cover = cells === undefined ? 'cut' : coverage(cells, range);
      if (cover === 'inside') units.appendData(cells as Float64Array);
      else if (cover === 'cut') units.appendCells(withinRange(this.#decode(segment), range, new PointList()));
      await breath();
    }
    return units;
  }

  async #points(segments: readonly Segment[], range: StepRange | undefined, breath: Breath): Promise<PointList> {
    const out = new PointList(range === undefined ? pointsIn(segments) : undefined);
    for (const segment of segments) {
      const outside = range !== undefined && segment.cells !== undefined && coverage(toFloats(segment.cells), range) === 'outside';
      if (!outside) out.append(withinRange(this.#decode(segment), range, new PointList()));
      await breath();
    }
    return out;
  }

  /** The points of a segment, each seq once. */
  #decode(segment: Segment): PointList {
    const out = new PointList(segment.count);
    for (const chunk of segment.chunks) out.append(decodeChunk((this.#selectData.get(chunk) as { data: Uint8Array }).data));
    if (segment.tail !== undefined) out.append(segment.tail);
    return out.sorted();
  }
}

function matches(id: SeriesId, query: SeriesQuery): boolean {
  return id.key === query.key && id.worker === (query.worker ?? id.worker) && id.phase === (query.phase ?? id.phase);
}

function group(tracks: readonly OpenTrack[]): { readonly id: SeriesId; readonly tracks: OpenTrack[] }[] {
  const groups = new Map<string, { readonly id: SeriesId; readonly tracks: OpenTrack[] }>();
  for (const track of tracks) {
    const { id } = track;
    const name = JSON.stringify([id.key, id.phase, id.worker, id.aggregation]);
    const found = groups.get(name) ?? { id, tracks: [] };
    found.tracks.push(track);
    groups.set(name, found);
  }
  for (const { tracks: members } of groups.values()) members.sort((a, b) => compareText(a.incarnation, b.incarnation));
  return [...groups.values()];
}

function pointsIn(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.count, 0);
}

function sumCounts(units: SummaryList): number {
  let total = 0;
  for (let unit = 0; unit < units.length; unit++) total += units.data[unit * FIELDS + COUNT] as number;
  return total;
}

/** How the steps of a chunk lie to the range. Cells whose points have no step at all lie outside of any. */
function coverage(cells: Float64Array, range: StepRange | undefined): 'inside' | 'outside' | 'cut' {
  if (range === undefined) return 'inside';
  let inside = 0;
  let outside = 0;
  let cellCount = 0;
  for (let start = 0; start < cells.length; start += FIELDS) {
    const min = cells[start + STEP_MIN] as number;
    const max = cells[start + STEP_MAX] as number;
    cellCount += 1;
    if (min >= range.from && max <= range.to && max < Number.POSITIVE_INFINITY) inside += 1;
    else if (!(max >= range.from && min <= range.to)) outside += 1;
  }
  if (inside === cellCount) return 'inside';
  return outside === cellCount ? 'outside' : 'cut';
}
