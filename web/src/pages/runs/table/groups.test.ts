import { describe, expect, it } from 'vitest';
import type { RunRow } from '../../../api/types';
import { type TableRun, tableRows } from './groups';

function item(runId: string, status: RunRow['status'], model: string | null): TableRun {
  const nothing = { name: null, experimentId: null, parentRunId: null, startedAt: null, endedAt: null, deletedAt: null, message: null };
  const rest = { progress: null, error: null, durationMs: null, notes: null, archived: false, public: false, tags: {} };
  return { run: { runId, status, createdAt: '2026-01-01T00:00:00.000Z', ...nothing, ...rest }, values: [model] };
}

const RUNS = [item('a', 'training', 'vit'), item('b', 'failed', 'vit'), item('c', 'completed', null), item('d', 'completed', 'vit')];
const labelOf = ({ values }: TableRun): string => String(values[0] ?? '(none)');
const shown = (rows: ReturnType<typeof tableRows>): string[] =>
  rows.map((row) =>
    row.kind === 'run' ? row.item.run.runId : `${row.group.label}: ${row.group.runs.length}, ${row.group.live}, ${row.group.failed}`,
  );

describe('the rows of the table', () => {
  it('are the runs', () => {
    expect(shown(tableRows(RUNS, [], null))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('stand under their groups, counted', () => {
    expect(shown(tableRows(RUNS, [], { labelOf, closed: new Set() }))).toEqual(['vit: 3, 1, 1', 'a', 'b', 'd', '(none): 1, 0, 0', 'c']);
  });

  it('are folded up where the group is', () => {
    expect(shown(tableRows(RUNS, [], { labelOf, closed: new Set(['vit']) }))).toEqual(['vit: 3, 1, 1', '(none): 1, 0, 0', 'c']);
  });

  it('have pinned runs at the top, once', () => {
    const rows = tableRows(RUNS, RUNS.slice(1, 2), { labelOf, closed: new Set() });
    expect(shown(rows)).toEqual(['b', 'vit: 2, 1, 0', 'a', 'd', '(none): 1, 0, 0', 'c']);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  });
});
