import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlotLine, plot } from './plot.js';
import { textWidth } from './text.js';

const BLANK = '\u2800';

function line(x: readonly number[], y: readonly number[]): PlotLine {
  return { x, first: y, last: y, min: y, max: y };
}

/** The cells of the plot itself, without labels. */
function cells(lines: readonly string[], height: number): string[] {
  return lines.slice(0, height).map((one) => one.slice(one.search(/[┤│]/) + 1));
}

describe('a plot', () => {
  it('puts the extremes and the middle beside it, and the ends of the axis below', () => {
    const lines = plot([line([0, 50, 100], [0, 1, 2])], { width: 40, height: 5, axis: 'step' });
    expect(lines.map((one) => one.replaceAll(/[\u2800-\u28ff]+/g, '~'))).toEqual([
      '   2 ┤~',
      '     │~',
      '   1 ┤~',
      '     │~',
      '   0 ┤~',
      `     └┬${'─'.repeat(15)}┬${'─'.repeat(16)}┬`,
      `step  0${' '.repeat(14)}50${' '.repeat(14)}100`,
    ]);
    const [top = '', , , , bottom = ''] = cells(lines, 5);
    // The upper right dot of the last cell of the first line, the lower left dot of the first cell of the last.
    expect((top.codePointAt(top.length - 1) ?? 0) & 0x08).toBe(0x08);
    expect((bottom.codePointAt(0) ?? 0) & 0x40).toBe(0x40);
  });

  it('shows a spike that one bucket hides between its ends', () => {
    const flat = [1, 1, 1, 1];
    const spiked: PlotLine = { x: [0, 1, 2, 3], first: flat, last: flat, min: flat, max: [1, 1, 9, 1] };
    const drawn = cells(plot([spiked], { width: 30, height: 5, axis: 'step' }), 5);
    expect(drawn[0]?.replaceAll(BLANK, '')).toHaveLength(1);
    // One column from top to bottom.
    expect(drawn.every((row) => row.replaceAll(BLANK, '') !== '')).toBe(true);
  });

  it('leaves a gap where a value is not finite', () => {
    const drawn = cells(plot([line([0, 1, 2, 3, 4], [5, 5, Number.NaN, 5, 5])], { width: 40, height: 3, axis: 'step' }), 3).join('');
    expect(drawn.replaceAll(BLANK, ' ').trim().split(/ {4,}/)).toHaveLength(2);
  });

  it('draws several series, each in its colour', () => {
    const paint = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[39m`;
    const both = [
      { ...line([0, 1], [0, 0]), paint: paint(31) },
      { ...line([0, 1], [1, 1]), paint: paint(32) },
    ];
    const lines = plot(both, { width: 20, height: 5, axis: 'step' });
    expect(lines[0]).toContain('\u001b[32m');
    expect(lines[4]).toContain('\u001b[31m');
    expect(lines.map(stripVTControlCharacters).every((one) => textWidth(one) <= 20)).toBe(true);
  });

  it('is empty without finite values, and where there is no room', () => {
    expect(plot([line([0, 1], [Number.NaN, Number.POSITIVE_INFINITY])], { width: 40, height: 4, axis: 'step' })).toEqual([]);
    expect(plot([line([0, 1], [1, 2])], { width: 9, height: 4, axis: 'step' })).toEqual([]);
  });

  it('stays within its size', () => {
    const points = fc.array(fc.tuple(fc.double(), fc.double(), fc.double()));
    const property = fc.property(points, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 9 }), (rows, width, height) => {
      const x = rows.map(([place]) => place);
      const first = rows.map(([, value]) => value);
      const last = rows.map(([, , value]) => value);
      const pick = (of: (...values: number[]) => number) => rows.map(([, a, b]) => of(a, b));
      const lines = plot([{ x, first, last, min: pick(Math.min), max: pick(Math.max) }], { width, height, axis: 'step' });
      expect(lines.length === 0 || lines.length === height + 2).toBe(true);
      for (const one of lines) expect(textWidth(one)).toBeLessThanOrEqual(width);
    });
    fc.assert(property);
  });
});
