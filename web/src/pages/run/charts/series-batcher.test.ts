import { expect, it } from 'vitest';
import type { Series, SeriesOptions, SeriesQuery } from '../../../api/types';
import { SeriesBatcher } from './series-batcher';

const query = (key: string): SeriesQuery => ({ runId: 'r', key });

/** Answers each query with one series of its key. */
function answering(): { calls: [string[], SeriesOptions][]; read: ConstructorParameters<typeof SeriesBatcher>[0] } {
  const calls: [string[], SeriesOptions][] = [];
  const read = async (queries: readonly SeriesQuery[], options: SeriesOptions) => {
    calls.push([queries.map(({ key }) => key), options]);
    return queries.map(({ key }) => [{ key } as Series]);
  };
  return { calls, read };
}

it('asks once for all that ask together, and gives each its own answer', async () => {
  const { calls, read } = answering();
  const batcher = new SeriesBatcher(read);
  const answers = await Promise.all(['a', 'b'].map((key) => batcher.load(query(key), { maxPoints: 500 })));
  expect(calls).toEqual([[['a', 'b'], { maxPoints: 500 }]]);
  expect(answers.map(([series]) => series?.key)).toEqual(['a', 'b']);
});

it('asks apart for other resolutions and windows', async () => {
  const { calls, read } = answering();
  const batcher = new SeriesBatcher(read);
  await Promise.all([batcher.load(query('a'), { maxPoints: 500 }), batcher.load(query('a'), { maxPoints: 500, from: 1, to: 2 })]);
  expect(calls).toHaveLength(2);
});

it('tells all of them when the request fails', async () => {
  const batcher = new SeriesBatcher(() => Promise.reject(new RangeError('gone')));
  const answers = await Promise.allSettled(['a', 'b'].map((key) => batcher.load(query(key), {})));
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
