import { expect, it } from 'vitest';
import type { RunPage, RunRow } from '../../../api/types';
import { numberPlaces, runsOf } from './table-items';

it('gives the same item for the same run with the same values', () => {
  const runs = ['a', 'b'].map((runId) => ({ runId }) as RunRow);
  const page: RunPage = { runs, values: [[1], [2]], cursor: null };
  const before = runsOf(page);
  const after = runsOf({ ...page, values: [page.values[0] ?? [], [3]] });
  expect(after[0]).toBe(before[0]);
  expect(after[1]).toEqual({ run: runs[1], values: [3] });
  expect(runsOf(page)).toBe(before);
});

it('knows where there are only numbers, with gaps or without', () => {
  const rows = [
    [1, 'a', null, 2],
    [null, 3, null, 4],
  ].map((values) => ({ run: { runId: 'a' } as RunRow, values }));
  expect([...numberPlaces(rows)]).toEqual([0, 3]);
});
