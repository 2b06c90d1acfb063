import { expect, it } from 'vitest';
import { pinched } from './touch';

it('zooms to what lay between the fingers', () => {
  expect(pinched([0.4, 0.6], [0, 1])).toEqual({ from: expect.closeTo(0.4, 12), to: expect.closeTo(0.6, 12) });
});

it('moves with both fingers', () => {
  expect(pinched([0.2, 0.4], [0.3, 0.5])).toEqual({ from: expect.closeTo(-0.1, 12), to: expect.closeTo(0.9, 12) });
});
