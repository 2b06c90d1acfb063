import { expect, it } from 'vitest';
import { reviveRecord, reviveValue, toNumbers } from './numbers';

it('makes numbers of what stands for them, and leaves text alone', () => {
  expect(toNumbers([1, 'NaN', 'Infinity', '-Infinity', null])).toEqual([
    1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ]);
  expect(reviveRecord({ a: '-Infinity', b: 2 })).toEqual({ a: Number.NEGATIVE_INFINITY, b: 2 });
  expect(reviveRecord(null)).toBeNull();
  expect([reviveValue('NaN'), reviveValue('NaNcy'), reviveValue(null)]).toEqual([Number.NaN, 'NaNcy', null]);
});
