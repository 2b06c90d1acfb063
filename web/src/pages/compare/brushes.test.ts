import { describe, expect, it } from 'vitest';
import { type Brush, brushed, withBrush } from './brushes';
import type { Quantity } from './quantities';

const quantities: Quantity[] = [
  { id: 'params.lr', label: 'lr', kind: 'param', values: [0.1, 0.01, null, 0.001] },
  { id: 'params.opt', label: 'opt', kind: 'param', values: ['sgd', 'adam', 'adam', 3] },
];
const lr: Brush = { id: 'params.lr', kind: 'range', from: 0.001, to: 0.01 };
const opt: Brush = { id: 'params.opt', kind: 'values', values: ['adam', '3'] };

describe('brushes', () => {
  it('leave what lies in all of them, both ends included', () => {
    expect(brushed([], quantities, 4)).toEqual([true, true, true, true]);
    expect(brushed([lr], quantities, 4)).toEqual([false, true, false, true]);
    expect(brushed([lr, opt], quantities, 4)).toEqual([false, true, false, true]);
    expect(brushed([opt], quantities, 4)).toEqual([false, true, true, true]);
    expect(brushed([{ ...opt, values: [] }], quantities, 4)).toEqual([false, false, false, false]);
  });

  it('of what is not there hide nothing', () => {
    expect(brushed([{ ...lr, id: 'params.gone' }], quantities, 2)).toEqual([true, true]);
  });

  it('are one an axis', () => {
    const wider = { ...lr, to: 1 };
    expect(withBrush([lr, opt], 'params.lr', wider)).toEqual([opt, wider]);
    expect(withBrush([lr, opt], 'params.lr', null)).toEqual([opt]);
  });
});
