import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from './csv-rows.js';

const whole = (text: string, rows = 100) => readCsv(text, ',', { rows, whole: true });

describe('the rows of a CSV text', () => {
  it('are read with quotes, and with line ends of any kind', () => {
    expect(whole('\ufeffa,b\r\n1,"x, ""y""\nz"\n,"",\n')).toEqual({
      columns: ['a', 'b'],
      rows: [
        ['1', 'x, "y"\nz'],
        ['', '', ''],
      ],
      cut: false,
    });
    expect(whole('')).toEqual({ columns: [], rows: [], cut: false });
    expect(whole('a\n"open')).toEqual({ columns: ['a'], rows: [['open']], cut: false });
    expect(readCsv('a\tb\n1\t2', '\t', { rows: 9, whole: true }).rows).toEqual([['1', '2']]);
  });

  it('are cut at a number of rows, and before a row that is not all there', () => {
    expect(whole('a\n1\n2\n3\n', 2)).toEqual({ columns: ['a'], rows: [['1'], ['2']], cut: true });
    expect(whole('a\n1\n2\n', 2).cut).toBe(false);
    expect(readCsv('a,b\n1,2\n3,"4', ',', { rows: 9, whole: false })).toEqual({ columns: ['a', 'b'], rows: [['1', '2']], cut: true });
  });

  it('are those that were written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ') });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\n');
        const read = whole(text);
        expect([read.columns, ...read.rows]).toEqual(rows);
      }),
    );
  });
});
