import { describe, expect, it } from 'vitest';
import { kindsOf, shownEntries } from './timeline-kinds';

const ENTRIES = Array.from({ length: 1_200 }, (_, at) => ({ kind: at % 2 === 0 ? 'status' : 'checkpoint', at }));

describe('the timeline', () => {
  it('counts its kinds', () => {
    expect(kindsOf(ENTRIES)).toEqual([
      { kind: 'checkpoint', count: 600 },
      { kind: 'status', count: 600 },
    ]);
  });

  it('shows the newest, and the rest on request', () => {
    const { shown, hidden } = shownEntries(ENTRIES, [], false);
    expect([shown.length, hidden, shown[0]?.at]).toEqual([500, 700, 1_199]);
    expect(shownEntries(ENTRIES, [], true)).toMatchObject({ hidden: 0 });
  });

  it('shows the chosen kinds alone', () => {
    const { shown, hidden } = shownEntries(ENTRIES, ['checkpoint'], false);
    expect(new Set(shown.map(({ kind }) => kind))).toEqual(new Set(['checkpoint']));
    expect(hidden).toBe(100);
  });
});
