import { expect, it } from 'vitest';
import { sharesOf } from './shares';

it('gives the best the whole and the last a fifth, whichever end is better', () => {
  expect(sharesOf([0.1, 0.2, 0.3])).toEqual([100, 60, 20]);
  expect(sharesOf([0.9, 0.8, 0.5])).toEqual([100, 80, 20]);
});

it('gives equal values equal bars', () => {
  expect(sharesOf([3, 3])).toEqual([100, 100]);
  expect(sharesOf([])).toEqual([]);
});
