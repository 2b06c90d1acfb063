import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CompareState, EMPTY_STATE, readState, VIEWS, writeState } from './compare-state';

const key = fc.string({ minLength: 1, maxLength: 30 });
const runId = fc.stringMatching(/^[A-Za-z0-9._:][A-Za-z0-9._:-]{0,20}$/);
const runIds = fc.uniqueArray(runId, { maxLength: 100 });
const keys = fc.uniqueArray(key, { maxLength: 8 });
const brush = fc.oneof(
  fc.record({ id: key, kind: fc.constant('range' as const), from: finite(), to: finite() }),
  fc.record({ id: key, kind: fc.constant('values' as const), values: fc.array(fc.string()) }),
);

function finite(): fc.Arbitrary<number> {
  // JSON has no -0.
  return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
}

const state: fc.Arbitrary<CompareState> = fc.record({
  ...{ runs: runIds, removed: runIds, hidden: runIds, metrics: keys, axes: keys, flippedLogs: keys },
  ...{ q: fc.string(), group: fc.string(), base: fc.string(), filter: fc.string(), goal: fc.string(), media: fc.string() },
  ...{ scatterX: fc.string(), scatterY: fc.string(), scatterColour: fc.string(), experiment: fc.string(), sensitivityMetric: fc.string() },
  ...{ groupA: fc.string(), groupB: fc.string(), groupMetric: fc.string() },
  ...{ logX: fc.boolean(), logY: fc.boolean(), marks: fc.boolean(), same: fc.boolean(), flip: fc.boolean() },
  view: fc.constantFrom(...VIEWS),
  x: fc.constantFrom('step', 'epoch', 'time', 'relative'),
  band: fc.constantFrom('std', 'ci', 'quantiles', 'range'),
  smoothing: fc.double({ min: 0, max: 0.999, noNaN: true }).map((value) => value + 0),
  step: fc.option(finite()),
  colours: fc
    .uniqueArray(fc.tuple(runId, fc.integer({ min: 0, max: 199 })), { selector: ([run]) => run, maxLength: 20 })
    .map((all) => new Map(all)),
  brushes: fc.uniqueArray(brush, { selector: ({ id }) => id, maxLength: 5 }),
});

describe('the address', () => {
  it('holds everything', () => {
    fc.assert(
      fc.property(state, (one) => {
        expect(readState(writeState(one))).toEqual(one);
      }),
    );
  });

  it('is short, and can be read', () => {
    expect(writeState(EMPTY_STATE)).toBe('');
    expect(readState('')).toEqual(EMPTY_STATE);
    const two = { ...EMPTY_STATE, runs: ['a:1', 'b'], metrics: ['loss@val', 'acc, top 1'], colours: new Map([['b', 3]]) };
    expect(writeState(two)).toBe('runs=a:1,b&m=loss%40val&m=acc,+top+1&colour=b%7E3');
  });

  it('that was tampered with does no harm', () => {
    const bad = readState(
      'runs=a,,a,b&view=evil&x=__proto__&smooth=1e99&step=NaN&colour=a~x,~3,b~-1,c~4&brush={&brush=1&brush={"id":"p","kind":"range"}',
    );
    expect(bad).toEqual({ ...EMPTY_STATE, runs: ['a', 'b'], smoothing: 0.999, colours: new Map([['c', 4]]) });
    expect(readState(`runs=${Array.from({ length: 5_000 }, (_, at) => `r${at}`).join(',')}`).runs).toHaveLength(200);
    expect(readState(`q=${'x'.repeat(50_000)}`).q).toHaveLength(4_000);
  });
});
