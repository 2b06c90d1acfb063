import { describe, expect, it } from 'vitest';
import { RowPlaces } from './row-places';

describe('the places of rows', () => {
  it('stay with a key, wherever it moves', () => {
    const places = new RowPlaces();
    expect(places.assign(['a', 'b', 'c'])).toEqual([0, 1, 2]);
    expect(places.assign(['c', 'a', 'b'])).toEqual([2, 0, 1]);
  });

  it('go to new keys when theirs is gone, the lowest first', () => {
    const places = new RowPlaces();
    places.assign(['a', 'b', 'c']);
    expect(places.assign(['x', 'b', 'y', 'z'])).toEqual([0, 1, 2, 3]);
    expect(places.assign(['z'])).toEqual([3]);
    expect(places.assign(['n', 'z', 'm'])).toEqual([0, 3, 1]);
  });
});
