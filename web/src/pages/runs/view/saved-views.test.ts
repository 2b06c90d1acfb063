import { expect, it } from 'vitest';
import { readViews } from './saved-views';

it('takes from what it finds only what is a view', () => {
  expect(readViews('x')).toEqual([]);
  expect(readViews([{ name: 'mine', search: 'q=a&evil=1&c=:params.lr' }, { name: 3, search: '' }, null])).toEqual([
    { name: 'mine', search: 'q=a&c=%3Aparams.lr' },
  ]);
});
