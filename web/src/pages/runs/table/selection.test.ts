import { describe, expect, it } from 'vitest';
import { allToggled, extended, NOTHING, toggled } from './selection';

const SHOWN = ['a', 'b', 'c', 'd', 'e'];
const ids = (selection: { readonly ids: ReadonlySet<string> }): string[] => [...selection.ids].sort();

describe('a selection', () => {
  it('takes runs in and out', () => {
    expect(ids(toggled(toggled(NOTHING, 'b'), 'd'))).toEqual(['b', 'd']);
    expect(ids(toggled(toggled(NOTHING, 'b'), 'b'))).toEqual([]);
  });

  it('goes on from the last one, upwards and downwards', () => {
    const from = toggled(NOTHING, 'c');
    expect(ids(extended(from, 'e', SHOWN))).toEqual(['c', 'd', 'e']);
    expect(ids(extended(extended(from, 'e', SHOWN), 'a', SHOWN))).toEqual(SHOWN);
  });

  it('begins anew where the last one is not shown any more', () => {
    expect(ids(extended(toggled(NOTHING, 'z'), 'b', SHOWN))).toEqual(['b', 'z']);
    expect(extended(NOTHING, 'b', SHOWN).anchor).toBe('b');
  });

  it('takes all, or none where it has all', () => {
    const all = allToggled(toggled(NOTHING, 'b'), SHOWN);
    expect(ids(all)).toEqual(SHOWN);
    expect(ids(allToggled(all, SHOWN))).toEqual([]);
  });
});
