import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_HOLES, Sequence } from './sequence.js';

describe('Sequence', () => {
  it('takes consecutive numbers as new and repeats as duplicates', () => {
    const sequence = new Sequence();
    expect([1, 2, 3].map((seq) => sequence.accept(seq))).toEqual(['new', 'new', 'new']);
    expect(sequence.accept(2)).toBe('duplicate');
    expect(sequence.contiguous).toBe(3);
  });

  it('knows a gap, accepts what follows and closes it when late events come', () => {
    const sequence = new Sequence();
    sequence.accept(1);
    expect(sequence.accept(5)).toBe('new');
    expect(sequence.missing).toEqual([{ from: 2, to: 4 }]);
    expect(sequence.contiguous).toBe(1);
    expect(sequence.accept(3)).toBe('new');
    expect(sequence.missing).toEqual([
      { from: 2, to: 2 },
      { from: 4, to: 4 },
    ]);
    sequence.accept(2);
    sequence.accept(4);
    expect(sequence.missing).toEqual([]);
    expect(sequence.contiguous).toBe(5);
  });

  it('lets the acknowledgement pass a declared gap, and still takes a late arrival once', () => {
    const sequence = new Sequence();
    sequence.accept(1);
    sequence.accept(10);
    sequence.declare({ from: 2, to: 9, reason: 'spool_full', counts: { metric: 8 } });
    expect(sequence.contiguous).toBe(10);
    expect(sequence.accept(4)).toBe('new');
    expect(sequence.accept(4)).toBe('duplicate');
    expect(sequence.snapshot().declared.map(({ from, to }) => [from, to])).toEqual([
      [2, 3],
      [5, 9],
    ]);
  });

  it('declares a gap that lies ahead of everything received', () => {
    const sequence = new Sequence();
    sequence.accept(1);
    sequence.declare({ from: 2, to: 5, reason: null, counts: null });
    expect(sequence.contiguous).toBe(5);
    expect(sequence.accept(6)).toBe('new');
  });

  it('sees a lost tail when the emitter says how far it got', () => {
    const sequence = new Sequence();
    sequence.accept(1);
    sequence.expect(3);
    expect(sequence.missing).toEqual([{ from: 2, to: 3 }]);
    expect(sequence.contiguous).toBe(1);
    expect(Sequence.from(sequence.snapshot()).missing).toEqual([{ from: 2, to: 3 }]);
    expect(sequence.accept(3)).toBe('new');
    expect(sequence.snapshot().beyond).toEqual([{ from: 3, to: 3 }]);
  });

  it('never declares what has arrived', () => {
    const sequence = new Sequence();
    [1, 2, 4].forEach((seq) => {
      sequence.accept(seq);
    });
    sequence.declare({ from: 1, to: 4, reason: null, counts: null });
    expect(sequence.snapshot().declared.map(({ from, to }) => [from, to])).toEqual([[3, 3]]);
  });

  it('bounds the holes that one emitter can make', () => {
    const sequence = new Sequence();
    for (let index = 1; index <= MAX_HOLES; index += 1) expect(sequence.accept(index * 2)).toBe('new');
    expect(sequence.accept(MAX_HOLES * 2 + 10)).toBe('too-many-holes');
  });

  it('agrees with a set, in any order, across snapshots', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 120 }), fc.nat(119), (seqs, cut) => {
        let sequence = new Sequence();
        const seen = new Set<number>();
        seqs.forEach((seq, index) => {
          if (index === cut) sequence = Sequence.from(sequence.snapshot());
          expect(sequence.accept(seq)).toBe(seen.has(seq) ? 'duplicate' : 'new');
          seen.add(seq);
        });
        const highest = Math.max(0, ...seen);
        const missing = Array.from({ length: highest }, (_, index) => index + 1).filter((seq) => !seen.has(seq));
        expect(sequence.missing.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i))).toEqual(missing);
        expect(sequence.contiguous).toBe((missing[0] ?? highest + 1) - 1);
      }),
    );
  });
});
