// Reads series: summaries where a chart needs no more, points where it does, always sealed chunks plus the open tail.

import type { ClientBase, Pool } from 'pg';
import { PointList } from '../../points/point-list.js';
import type { OpenTrack } from '../../points/run-tails.js';
import { readLines } from '../../series/line-reader.js';
import { groupTracks, isSeries, isWanted } from '../../series/lines.js';
import { pageOf, planPage, tracksAfter } from '../../series/point-pages.js';
import type { ChunkMeta, Segment } from '../../series/segments.js';
import type { PointMark, PointPage, SeriesData, SeriesId, SeriesQuery, SeriesSummary } from '../../series/series.js';
import { compareSeries, summarise } from '../../series/track-stats.js';
import { copyRows, inSnapshot } from '../driver.js';
import type { Turns } from '../turns.js';
import { ChunkIndex } from '../writes/chunk-index.js';
import { float8, int4, int8 } from '../writes/copy-out.js';
import { appendColumns } from '../writes/tails.js';
import type { TailsView, TrackMoment } from './tails-view.js';

/** Chunks fetched in one query: 2.5 MB of points. */
const FETCHED = 64;

/** The tracks of one series, by ascending incarnation. */
interface Series {
  readonly id: SeriesId;
  readonly tracks: readonly TrackMoment[];
}

export class SeriesReader {
  readonly #pool: Pool;
  readonly #tails: TailsView;
  readonly #turns: Turns;

  /** `turns`: nobody commits while the tails are looked at. */
  constructor(pool: Pool, tails: TailsView, turns: Turns) {
    this.#pool = pool;
    this.#tails = tails;
    this.#turns = turns;
  }

  async listSeries(runId: string): Promise<SeriesSummary[]> {
    return await inSnapshot(this.#pool, async (client) => {
      const moment = await this.#turns.take(() => this.#tails.look(client, runId, () => true, false));
      const series = seriesOf(moment?.tracks.filter(({ stats }) => stats.count > 0) ?? []);
      const summaries = series.map(({ id, tracks }) =>
        summarise(
          id,
          tracks.map(({ track, stats }) => ({ incarnation: track.incarnation, stats })),
        ),
      );
      return summaries.sort(compareSeries);
    });
  }

  /** The answers to queries of one run, in their order, all of one moment. */
  async readSeries(queries: readonly SeriesQuery[]): Promise<SeriesData[][]> {
    return await inSnapshot(this.#pool, async (client) => {
      const isAsked = (id: SeriesId): boolean => queries.some((query) => isWanted(id, query));
      const moment = await this.#turns.take(() => this.#tails.look(client, queries[0]?.runId ?? '', isAsked, true));
      if (moment === undefined) return queries.map(() => []);
      const index = new ChunkIndex(client, moment.row);
      const segments = await index.segmentsOf(moment.tracks, queries.some(isSummarised));
      const series = seriesOf(moment.tracks).map(({ id, tracks }) => ({
        id,
        tracks: tracks.map(({ track, stats }) => ({
          incarnation: track.incarnation,
          firstStep: stats.firstStep,
          segments: segments.get(track.row) ?? [],
        })),
      }));
      const ordered = series.sort((a, b) => compareSeries(a.id, b.id));
      const points = new ChunkFetch(client, moment.row);
      const answers: SeriesData[][] = [];
      for (const query of queries) {
        const found = await readLines(
          ordered.filter(({ id }) => isWanted(id, query)),
          query,
          (of) => points.fetch(of),
          (wanted) => index.refine(wanted),
        );
        answers.push(found);
      }
      return answers;
    });
  }

  /** The page of points behind `after`; none: that was the last. */
  async readPoints(series: SeriesId, after: PointMark | undefined): Promise<PointPage[]> {
    return await inSnapshot(this.#pool, async (client) => {
      const moment = await this.#turns.take(() => this.#tails.look(client, series.runId, (id) => isSeries(id, series), true));
      if (moment === undefined) return [];
      const [found] = seriesOf(moment.tracks);
      const tracks = (found?.tracks ?? []).map((one) => ({ ...one, incarnation: one.track.incarnation }));
      for (const place of tracksAfter(tracks, after)) {
        const tail = place.track.tail ?? new PointList(0);
        const plan = planPage(await readSpans(client, moment.row, place.track.track.row, place.after), tail, place.after);
        if (plan === undefined) continue;
        const points = await new ChunkFetch(client, moment.row).chunks(plan.chunks);
        return [pageOf(place, plan, [...plan.chunks.map((chunk) => points.get(chunk) ?? new PointList(0)), tail])];
      }
      return [];
    });
  }
}

/** Points out of their chunks. */
class ChunkFetch {
  readonly #client: ClientBase;
  readonly #run: number;

  constructor(client: ClientBase, run: number) {
    this.#client = client;
    this.#run = run;
  }

  /** The points of each segment, each seq once, in the order given. */
  async *fetch(segments: readonly Segment[]): AsyncGenerator<PointList> {
    for (let from = 0; from < segments.length; ) {
      const page: Segment[] = [];
      for (let chunks = 0; from < segments.length && (page.length === 0 || chunks < FETCHED); from++) {
        const segment = segments[from] as Segment;
        page.push(segment);
        chunks += segment.chunks.length;
      }
      const found = await this.chunks(page.flatMap(({ chunks }) => chunks));
      for (const segment of page) {
        const out = new PointList(segment.count);
        for (const chunk of segment.chunks) out.append(found.get(chunk) ?? new PointList(0));
        if (segment.tail !== undefined) out.append(segment.tail);
        yield out.sorted();
      }
    }
  }

  async chunks(numbers: readonly number[]): Promise<Map<number, PointList>> {
    const found = new Map<number, PointList>();
    if (numbers.length === 0) return found;
    const sql = `SELECT number, count, seq, step, epoch, ts, value FROM chunks WHERE run = ${this.#run} AND number IN (${numbers.join(', ')})`;
    await copyRows(this.#client, sql, (fields) => {
      const points = new PointList(int4(fields[1]));
      appendColumns(points, fields.slice(2));
      found.set(int8(fields[0]), points);
    });
    return found;
  }
}

/** False where every point is looked at in any case: no summary says where on the axis of epochs its points lie. */
function isSummarised({ maxPoints, by, range }: SeriesQuery): boolean {
  return by !== 'epoch' && (maxPoints !== undefined || range !== undefined);
}

/** The chunks of a track that reach beyond `after`. */
async function readSpans(client: ClientBase, run: number, track: number, after: number): Promise<Omit<ChunkMeta, 'cells'>[]> {
  const spans: Omit<ChunkMeta, 'cells'>[] = [];
  const sql = `SELECT number, first_seq, last_seq, count FROM chunks WHERE run = ${run} AND track = ${track} AND last_seq > ${after}
    ORDER BY first_seq, number`;
  await copyRows(client, sql, (fields) => {
    spans.push({ id: int8(fields[0]), first_seq: float8(fields[1]), last_seq: float8(fields[2]), count: int4(fields[3]) });
  });
  return spans;
}

function seriesOf(moments: readonly TrackMoment[]): Series[] {
  const byTrack = new Map<OpenTrack, TrackMoment>(moments.map((moment) => [moment.track, moment]));
  return groupTracks(moments.map(({ track }) => track)).map(({ id, tracks }) => ({
    id,
    tracks: tracks.map((track) => byTrack.get(track) as TrackMoment),
  }));
}
