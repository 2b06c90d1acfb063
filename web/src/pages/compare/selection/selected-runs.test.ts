import { describe, expect, it } from 'vitest';
import { type CompareState, EMPTY_STATE } from '../compare-state';
import { chosenRuns, withoutRun, withRuns } from './selected-runs';

const state = (change: Partial<CompareState>): CompareState => ({ ...EMPTY_STATE, ...change });

describe('runs taken in and out', () => {
  it('come in once, and are no longer kept out', () => {
    expect(withRuns(state({ runs: ['a'], removed: ['b', 'c'] }), ['b', 'a'])).toEqual({ runs: ['a', 'b'], removed: ['c'], hidden: [] });
  });

  it('go, and stay out of what a search finds', () => {
    expect(withoutRun(state({ runs: ['a', 'b'], hidden: ['a'] }), 'a')).toEqual({ runs: ['b'], removed: [], hidden: [] });
    expect(withoutRun(state({ q: 'x', runs: ['b'] }), 'a')).toEqual({ runs: ['b'], removed: ['a'], hidden: [] });
  });

  it('are known before they are read', () => {
    expect([...chosenRuns(state({ runs: ['new'] }), ['old'])]).toEqual(['new']);
    expect([...chosenRuns(state({ runs: ['new'], q: 'x', removed: ['b'] }), ['a', 'b'])]).toEqual(['new', 'a']);
  });
});
