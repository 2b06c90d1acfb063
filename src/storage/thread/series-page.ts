// The answers to many queries in one message of the storage thread, or in a few where they are large.

import type { SeriesData, SeriesQuery } from '../series/series.js';

/** A page ends where its columns take so much (bytes): 40 series of 1,000 buckets, or 400 of 100. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Queries that are answered of one moment, all of one run: what is copied of its tails at once. */
const AT_ONCE = 8;

/** Answers queries of one run, in their order. */
export type ReadSeries = (queries: readonly SeriesQuery[]) => Promise<SeriesData[][]>;

/** The answers to the first of the queries, as many as fit a page, and at least one. */
export async function seriesPage(queries: readonly SeriesQuery[], read: ReadSeries): Promise<SeriesData[][]> {
  const page: SeriesData[][] = [];
  for (let bytes = 0; page.length < queries.length && bytes < PAGE_BYTES; ) {
    const found = await read(ofOneRun(queries, page.length));
    for (const answer of found) bytes += bytesOf(answer);
    page.push(...found);
  }
  return page;
}

function ofOneRun(queries: readonly SeriesQuery[], from: number): readonly SeriesQuery[] {
  const { runId } = queries[from] as SeriesQuery;
  let to = from + 1;
  while (to < queries.length && to - from < AT_ONCE && queries[to]?.runId === runId) to += 1;
  return queries.slice(from, to);
}

function bytesOf(answer: readonly SeriesData[]): number {
  let bytes = 0;
  for (const series of answer) for (const column of Object.values(series)) if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  return bytes;
}
