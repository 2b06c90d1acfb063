import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clock, shortNumber } from './number.js';
import { progressBar, RemainingTime } from './progress.js';
import { sparkline } from './sparkline.js';
import { table } from './table.js';
import { textWidth } from './text.js';

const anyNumber = fc.double();

describe('numbers', () => {
  it.each([
    [0, '0'],
    [12, '12'],
    [0.931223, '0.93122'],
    [1 / 3e7, '3.333e-8'],
    [123456789, '1.235e8'],
    [1e-20, '1e-20'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('%d is read as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });

  it('are never longer than eleven characters', () => {
    fc.assert(fc.property(anyNumber, (value) => shortNumber(value).length <= 11));
  });

  it.each([
    [0, '00:00'],
    [61_500, '01:01'],
    [3_661_000, '1:01:01'],
    [-5, '00:00'],
  ])('%d ms is %s', (ms, text) => {
    expect(clock(ms)).toBe(text);
  });
});

describe('a sparkline', () => {
  it('rises with its values', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  });

  it('shows a constant in the middle and what is not finite as a dot', () => {
    expect(sparkline([5, 5], 8)).toBe('▄▄');
    expect(sparkline([0, Number.NaN, 1, Number.POSITIVE_INFINITY], 8)).toBe('▁·█·');
  });

  it('condenses a long series to the width, with its shape', () => {
    expect(sparkline([0, 0, 0, 0, 9, 9, 9, 9], 2)).toBe('▁█');
    fc.assert(fc.property(fc.array(anyNumber), fc.nat(20), (values, width) => [...sparkline(values, width)].length <= width));
  });
});

describe('progress', () => {
  it('fills the bar exactly, whatever the fraction', () => {
    fc.assert(fc.property(anyNumber, fc.nat(60), (fraction, width) => textWidth(progressBar(fraction, width)) === width));
    expect(progressBar(0.5, 4)).toBe('██░░');
    expect(progressBar(2, 4)).toBe('████');
  });

  it('estimates from the recent speed, counted down between samples', () => {
    const time = new RemainingTime();
    expect(time.estimate(10, 0)).toBeUndefined();
    time.sample(1, 1_000);
    time.sample(2, 2_000);
    expect(time.estimate(10, 2_000)).toBe(8_000);
    expect(time.estimate(10, 2_500)).toBe(7_500);
  });

  it('begins anew when the work starts again, and ends at the total', () => {
    const time = new RemainingTime();
    time.sample(8, 8_000);
    time.sample(1, 9_000);
    expect(time.estimate(10, 9_000)).toBeUndefined();
    time.sample(10, 10_000);
    expect(time.estimate(10, 10_000)).toBeUndefined();
  });
});

describe('a table', () => {
  const columns = [
    { title: 'ID', value: (row: string[]) => row[0] ?? '' },
    { title: 'NAME', value: (row: string[]) => row[1] ?? '', flexible: true },
    { title: 'N', value: (row: string[]) => row[2] ?? '', align: 'end' as const },
  ];

  it('lines its columns up', () => {
    expect(
      table(
        columns,
        [
          ['a', 'first', '1'],
          ['bb', 'x', '200'],
        ],
        80,
      ),
    ).toEqual(['ID  NAME     N', 'a   first    1', 'bb  x      200']);
  });

  it('cuts flexible columns to fit, and never an id', () => {
    const [, row] = table(columns, [['0123456789', 'a very long name', '1']], 24);
    expect(row).toBe('0123456789  a very l…  1');
  });

  it('leaves optional columns out, the last first, where it is still too wide', () => {
    const more = [
      ...columns.slice(0, 1),
      { ...columns[1], title: 'MORE', optional: true },
      { ...columns[2], title: 'LESS', optional: true },
    ];
    expect(table(more as typeof columns, [['0123456789', 'some', '1']], 16)).toEqual(['ID          MORE', '0123456789  some']);
    expect(table(more as typeof columns, [['0123456789', 'some', '1']], 12)).toEqual(['ID', '0123456789']);
  });

  it('is never wider than the terminal, even if an id must be cut', () => {
    const rows = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 3, maxLength: 3 }));
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 60 }), (given, width) =>
        table(columns, given, width).every((line) => textWidth(line) <= width),
      ),
    );
  });

  it('strips what a name may hide', () => {
    expect(table(columns, [['a', '\u001b[31mred\nline', '1']], 80)[1]).toBe('a   red line  1');
  });
});
