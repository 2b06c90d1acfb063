import { describe, expect, it } from 'vitest';
import { type Pen, traceBand, traceLine } from './curve-path';

class Notes implements Pen {
  readonly steps: string[] = [];
  moveTo(x: number, y: number): void {
    this.steps.push(`M${x},${y}`);
  }
  lineTo(x: number, y: number): void {
    this.steps.push(`L${x},${y}`);
  }
  closePath(): void {
    this.steps.push('Z');
  }
}

const SAME = { x: (value: number) => value, y: (value: number) => value };
const LOG = { ...SAME, y: (value: number) => (value > 0 ? Math.log10(value) : Number.NaN) };

function line(values: readonly number[], cuts: readonly number[] = [], to = SAME): string {
  const pen = new Notes();
  const x = values.map((_value, at) => at);
  traceLine(pen, x, values, { first: 0, end: values.length, cuts }, to);
  return pen.steps.join(' ');
}

describe('a line', () => {
  it('joins its points', () => {
    expect(line([5, 6, 7])).toBe('M0,5 L1,6 L2,7');
  });

  it('breaks where a value has no place', () => {
    expect(line([5, 6, Number.NaN, 7, 8])).toBe('M0,5 L1,6 M3,7 L4,8');
    expect(line([1, 10, 0, 100, 1_000], [], LOG)).toBe('M0,0 L1,1 M3,2 L4,3');
  });

  it('shows a point that stands alone', () => {
    expect(line([Number.NaN, 5, Number.NaN])).toBe('M1,5 L2,5');
  });

  it('is cut where events are missing', () => {
    expect(line([5, 6, 7, 8], [1.5])).toBe('M0,5 L1,6 M2,7 L3,8');
    expect(line([5, 6], [-3, 99])).toBe('M0,5 L1,6');
  });
});

describe('a band', () => {
  it('goes along the upper edge and back along the lower', () => {
    const pen = new Notes();
    traceBand(pen, [0, 1], [1, 2], [3, 4], { first: 0, end: 2, cuts: [] }, SAME);
    expect(pen.steps.join(' ')).toBe('M0,3 L1,4 L1,2 L0,1 Z');
  });

  it('has one outline for each stretch between gaps', () => {
    const pen = new Notes();
    const gap = Number.NaN;
    traceBand(pen, [0, 1, 2, 3, 4], [1, 1, gap, 1, 1], [2, 2, gap, 2, 2], { first: 0, end: 5, cuts: [] }, SAME);
    expect(pen.steps.filter((step) => step === 'Z')).toHaveLength(2);
  });
});
