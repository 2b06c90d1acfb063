import { describe, expect, it } from 'vitest';
import { readRange } from './content.js';

describe('a range of bytes', () => {
  it.each([
    ['bytes=0-0', 10, { from: 0, to: 1 }],
    ['bytes=2-4', 10, { from: 2, to: 5 }],
    ['bytes=5-', 10, { from: 5, to: 10 }],
    ['bytes=5-99', 10, { from: 5, to: 10 }],
    ['bytes=-3', 10, { from: 7, to: 10 }],
    ['bytes=-30', 10, { from: 0, to: 10 }],
  ])('%s of %i', (header, size, range) => expect(readRange(header, size)).toEqual(range));

  it.each([
    ['bytes=10-', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-1', 0],
  ])('%s of %i has nothing', (header, size) => expect(readRange(header, size)).toBe('none'));

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=4-2', 'bytes=0-1,3-4', 'items=0-1', 'bytes=0x1-2', `bytes=0-${'9'.repeat(20)}`])(
    '%s is the whole',
    (header) => expect(readRange(header, 10)).toBeNull(),
  );
});
