// Reads curves: many in one request, their columns as numbers.

import { postJson } from './client';
import { toNumbers } from './numbers';
import type { Series, SeriesOptions, SeriesQuery } from './types';

/** What the server answers in one go. */
const MOST_SERIES = 400;

/** One list of series per query, in the order asked for; empty where there is no such metric. Errors: ApiError. */
export async function readSeries(
  queries: readonly SeriesQuery[],
  options: SeriesOptions = {},
  signal?: AbortSignal,
): Promise<readonly (readonly Series[])[]> {
  const parts: (readonly SeriesQuery[])[] = [];
  for (let from = 0; from < queries.length; from += MOST_SERIES) parts.push(queries.slice(from, from + MOST_SERIES));
  const answers = await Promise.all(
    parts.map((part) => postJson<{ readonly series: readonly (readonly Series[])[] }>('/series', { queries: part, ...options }, signal)),
  );
  return answers.flatMap(({ series }) => series.map((all) => all.map(reviveSeries)));
}

/** Every column of numbers, whatever it is called. */
export function reviveSeries(series: Series): Series {
  return Object.fromEntries(
    Object.entries(series).map(([name, value]) => [name, Array.isArray(value) && name !== 'workers' ? toNumbers(value) : value]),
  ) as unknown as Series;
}
