import { expect, it } from 'vitest';
import { readLooks, runColour } from './run-looks';

it('takes from what it finds only colours and what is hidden', () => {
  expect(readLooks({ a: { colour: 3, hidden: true, x: 1 }, b: { colour: 'url(x)' }, c: 'no', d: { colour: '#A0b1c2' } })).toEqual({
    a: { colour: 3, hidden: true },
    b: {},
    d: { colour: '#A0b1c2' },
  });
  expect(readLooks(null)).toEqual({});
});

it('gives a run the same colour each time, and the chosen one where there is one', () => {
  expect(runColour('r1', {}, 'light')).toBe(runColour('r1', {}, 'light'));
  expect(runColour('r1', { r1: { colour: '#123456' } }, 'dark')).toBe('#123456');
  expect(new Set(Array.from({ length: 200 }, (_, at) => runColour(`run-${at}`, {}, 'light'))).size).toBe(12);
});
