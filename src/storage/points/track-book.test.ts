import { describe, expect, it } from 'vitest';
import type { TrackDefinition } from '../series/series.js';
import { TrackBook } from './track-book.js';

const track = (id: number, runId: string): TrackDefinition => ({
  id,
  runId,
  worker: '',
  incarnation: 'm1-1',
  key: `k${id}`,
  phase: '',
  aggregation: '',
});

describe('the book of series', () => {
  it('knows what was written down, however often it was said', () => {
    const book = new TrackBook();
    book.add([track(1, 'a'), track(2, 'b')]);
    book.add([track(1, 'a')]);
    expect([book.size, book.has(1), book.get(2)?.runId, book.get(3)]).toEqual([2, true, 'b', undefined]);
    expect(book.all().map(({ id }) => id)).toEqual([1, 2]);
  });

  it('forgets every series of a run that is let go of, and those of no other', () => {
    const book = new TrackBook();
    book.add([track(1, 'a'), track(2, 'b'), track(3, 'a')]);
    expect(book.release(['a', 'nobody'])).toEqual([1, 3]);
    expect([book.size, book.has(1), book.has(2)]).toEqual([1, false, true]);
    book.add([track(4, 'a')]);
    expect(book.release(['a'])).toEqual([4]);
  });
});
