import { expect, it } from 'vitest';
import { readChoices } from './metric-choice';

it('takes from what it finds only metrics', () => {
  expect(readChoices({ a: { metric: 'loss', mode: 'min' }, b: { metric: 'acc', mode: 'up' }, c: 3 })).toEqual({
    a: { metric: 'loss', mode: 'min' },
    b: { metric: 'acc', mode: undefined },
  });
  expect(readChoices([])).toEqual({});
});
