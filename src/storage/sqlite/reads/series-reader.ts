// Reads series: summaries where a chart needs no more, points where it does, always sealed chunks plus the open tail.

import { decodeChunk } from '../../points/chunk.js';
import { PointList } from '../../points/point-list.js';
import type { OpenTrack } from '../../points/run-tails.js';
import { readLines } from '../../series/line-reader.js';
import { groupTracks, isSeries, isWanted, type SeriesParts } from '../../series/lines.js';
import { pageOf, planPage, tracksAfter } from '../../series/point-pages.js';
import type { ChunkMeta, Segment } from '../../series/segments.js';
import type { PointMark, PointPage, SeriesData, SeriesId, SeriesQuery, SeriesSummary } from '../../series/series.js';
import { compareSeries, summarise } from '../../series/track-stats.js';
import type { Connection, Statement } from '../driver.js';
import { ChunkIndex } from '../writes/chunk-index.js';
import type { Breath } from './read-queue.js';
import type { TailsView } from './tails-view.js';

export class SeriesReader {
  readonly #connection: Connection;
  readonly #tails: TailsView;
  readonly #selectData: Statement;
  readonly #index: ChunkIndex;

  constructor(connection: Connection, tails: TailsView) {
    this.#connection = connection;
    this.#tails = tails;
    this.#index = new ChunkIndex(connection);
    this.#selectData = connection.prepare('SELECT data FROM chunk_data WHERE chunk = ?');
  }

  listSeries(runId: string): SeriesSummary[] {
    const groups = groupTracks([...this.#tails.tracksOf(runId)].filter((track) => track.stats.count > 0));
    return groups.map(({ id, tracks }) => summarise(id, tracks)).sort((a, b) => compareSeries(a, b));
  }

  /** The answers to queries of one run, in their order. */
  async readSeries(queries: readonly SeriesQuery[], breath: Breath): Promise<SeriesData[][]> {
    const tracks = [...this.#tails.tracksOf(queries[0]?.runId ?? '')];
    // Tails are copied before the first pause: a commit in a later one must not reach into this read.
    const wanted = queries.map((query) => this.#partsOf(tracks.filter(({ id }) => isWanted(id, query))));
    const answers: SeriesData[][] = [];
    for (const [at, query] of queries.entries()) {
      const found = await readLines(
        wanted[at] ?? [],
        query,
        (segments) => this.#fetch(segments, breath),
        async (wanted) => wanted.map((finer) => this.#index.refine(finer)),
      );
      answers.push(found);
      await breath();
    }
    return answers;
  }

  #partsOf(tracks: readonly OpenTrack[]): SeriesParts[] {
    const series = groupTracks(tracks).map(({ id, tracks: ofOne }) => ({
      id,
      tracks: ofOne.map((track) => ({
        incarnation: track.incarnation,
        firstStep: track.stats.firstStep,
        segments: this.#index.segmentsOf(track.row, this.#tails.tailOf(track)),
      })),
    }));
    return series.sort((a, b) => compareSeries(a.id, b.id));
  }

  /** The page of points behind `after`; none: that was the last. */
  readPoints(series: SeriesId, after: PointMark | undefined): PointPage[] {
    const [found] = groupTracks([...this.#tails.tracksOf(series.runId)].filter(({ id }) => isSeries(id, series)));
    for (const place of tracksAfter(found?.tracks ?? [], after)) {
      const tail = this.#tails.tailOf(place.track);
      const plan = planPage(this.#spans(place.track.row, place.after), tail, place.after);
      if (plan !== undefined) return [pageOf(place, plan, [...plan.chunks.map((chunk) => this.#decode(chunk)), tail])];
    }
    return [];
  }

  #spans(track: number, after: number): Omit<ChunkMeta, 'cells'>[] {
    const sql = 'SELECT id, first_seq, last_seq, count FROM chunks WHERE track = ? AND open = 0 AND last_seq > ? ORDER BY first_seq, id';
    return this.#connection.prepare(sql).all(track, after) as Omit<ChunkMeta, 'cells'>[];
  }

  async *#fetch(segments: readonly Segment[], breath: Breath): AsyncGenerator<PointList> {
    for (const { count, chunks, tail } of segments) {
      const out = new PointList(count);
      for (const chunk of chunks) out.append(this.#decode(chunk));
      if (tail !== undefined) out.append(tail);
      yield out.sorted();
      await breath();
    }
  }

  #decode(chunk: number): PointList {
    return decodeChunk((this.#selectData.get(chunk) as { data: Uint8Array }).data);
  }
}
