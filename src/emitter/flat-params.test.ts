import { expect, it } from 'vitest';
import { flatParams } from './flat-params.js';

it('gives each leaf the keys above it; arrays and empty objects are leaves', () => {
  expect(flatParams({ lr: 0.1, model: { layers: [64, 10], act: { name: 'relu' } }, extra: {} })).toEqual([
    [['lr'], 0.1],
    [
      ['model', 'layers'],
      [64, 10],
    ],
    [['model', 'act', 'name'], 'relu'],
    [['extra'], {}],
  ]);
});

it('stops at 16 keys of depth', () => {
  let nested: unknown = 1;
  for (let level = 0; level < 20; level++) nested = { k: nested };
  const [leaf] = flatParams(nested);
  expect(leaf?.[0]).toHaveLength(16);
  expect(JSON.stringify(leaf?.[1])).toBe('{"k":{"k":{"k":{"k":1}}}}');
});

it('keeps prototype keys as data, and gives nothing for what is no object', () => {
  expect(flatParams(JSON.parse('{"__proto__":{"a":1}}'))).toEqual([[['__proto__', 'a'], 1]]);
  expect(flatParams(undefined)).toEqual([]);
  expect(flatParams(7)).toEqual([]);
});
