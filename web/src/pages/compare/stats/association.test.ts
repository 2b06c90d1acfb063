import { describe, expect, it } from 'vitest';
import { associationOf } from './association';

const at = Array.from({ length: 40 }, (_, index) => index);
/** Neither rises nor falls with `at`. */
const noise = at.map((index) => ((index * 7919) % 101) / 1_000);

describe('an association', () => {
  it('sees what no line would', () => {
    const hill = at.map((index) => -((index - 20) ** 2));
    expect(associationOf(at, hill)).toBeGreaterThan(0.7);
  });

  it('sees texts', () => {
    const kinds = at.map((index) => ['sgd', 'adam'][index % 2] as string);
    expect(
      associationOf(
        kinds,
        at.map((index) => (index % 2) + (noise[index] as number)),
      ),
    ).toBeGreaterThan(0.9);
  });

  it('is not taken in by a value for each run', () => {
    expect(associationOf(at, noise)).toBeLessThan(0.2);
    expect(
      associationOf(
        at.map((index) => `run ${index}`),
        noise,
      ),
    ).toBe(0);
  });

  it('is nothing where there is nothing to tell', () => {
    expect(associationOf([1, 2, 3], [5, 5, 5])).toBe(0);
    expect(associationOf([1, 1, 1], [1, 2, 3])).toBe(0);
    expect(associationOf([1, 2], [null, Number.NaN])).toBe(0);
  });
});
