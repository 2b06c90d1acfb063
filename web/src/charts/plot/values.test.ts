import { expect, it } from 'vitest';
import { formatPlace, formatValue, lastReading, sayChart, summarise } from './values';

const series = {
  id: 'a',
  label: 'a',
  colour: '',
  x: [0, 1, 2],
  mean: [5, 1, Number.NaN],
  min: [4, 0, Number.NaN],
  max: [9, 1, Number.NaN],
  total: 900,
};

it('writes whole numbers as they are, others with six digits at most', () => {
  expect(
    [0.1234567, 1_234_567, 1_234.56789, 1.5e-7, 2e12, Number.NaN, Number.NEGATIVE_INFINITY].map((value) => formatValue(value)),
  ).toEqual(['0.123457', '1,234,567', '1,234.57', '1.5e−7', '2e12', 'NaN', '−∞']);
  expect(formatValue(-3, '%')).toBe('−3 %');
});

it('writes places with their axis', () => {
  expect(formatPlace(1_200, 'step')).toBe('step 1,200');
  expect(formatPlace(75, 'relative')).toBe('after 1m 15s');
});

it('sums a curve up over its finite values, the envelope included', () => {
  expect(summarise(series)).toEqual({ points: 900, first: 5, last: Number.NaN, min: 0, max: 9 });
  // What became NaN is NaN, though it was a number before.
  expect(lastReading(series)?.value).toBeNaN();
  expect(lastReading({ ...series, last: 1 })).toMatchObject({ value: 1 });
});

it('says a chart in one sentence', () => {
  expect(sayChart('loss', [series])).toBe('loss: 900 points, last NaN, lowest 0, highest 9.');
  expect(sayChart('loss', [])).toBe('loss: no points yet.');
});

it('names whole steps, and all that a place stands for', () => {
  expect(formatPlace(5_999.98, 'step')).toBe('step 6,000');
  expect(formatPlace(5_888.5, 'step', [5_888, 6_399])).toBe('steps 5,888 – 6,399');
  expect(formatPlace(7, 'step', [7, 7])).toBe('step 7');
});
