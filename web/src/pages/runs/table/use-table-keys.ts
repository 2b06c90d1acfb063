// The keys of the runs page.

import { type Shortcut, useShortcuts } from '../../../components/keys/shortcuts';
import type { TableRow } from './groups';

interface TableKeys {
  readonly rows: readonly TableRow[];
  readonly current: string | null;
  readonly setCurrent: (key: string) => void;
  readonly select: (runId: string, range: boolean) => void;
  readonly selectAll: () => void;
  readonly clear: () => void;
  readonly open: (runId: string) => void;
  readonly fold: (label: string) => void;
  readonly hide: (runId: string) => void;
  readonly pin: (runId: string) => void;
  readonly compare: () => void;
  readonly remove: () => void;
  readonly toggleCharts: () => void;
}

const GROUP = 'Runs';

export function useTableKeys(table: TableKeys): void {
  const { rows, current, setCurrent } = table;
  const at = rows.findIndex(({ key }) => key === current);
  const row = rows[at];
  const step = (by: number): void => {
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setCurrent(next.key);
  };
  const onRun = (act: (runId: string) => void): void => {
    if (row?.kind === 'run') act(row.item.run.runId);
  };
  const keys: readonly (readonly [keys: string, label: string, run: () => void])[] = [
    ['/', 'Search', () => document.getElementById('runs-search')?.focus()],
    ['j', 'Next row', () => step(1)],
    ['k', 'Row before', () => step(-1)],
    ['down', 'Next row', () => step(1)],
    ['up', 'Row before', () => step(-1)],
    ['x', 'Select', () => onRun((runId) => table.select(runId, false))],
    ['shift+x', 'Select up to here', () => onRun((runId) => table.select(runId, true))],
    ['a', 'Select all that are loaded, or none', table.selectAll],
    ['escape', 'Select none', table.clear],
    ['enter', 'Open the run, or fold the group', () => (row?.kind === 'group' ? table.fold(row.group.label) : onRun(table.open))],
    ['c', 'Compare the selected runs', table.compare],
    ['h', 'Hide in charts', () => onRun(table.hide)],
    ['t', 'Show or hide the charts', table.toggleCharts],
    ['p', 'Pin at the top', () => onRun(table.pin)],
    ['shift+d', 'Move the selected runs to the trash', table.remove],
  ];
  useShortcuts(keys.map(([name, label, run]): Shortcut => ({ keys: name, label, group: GROUP, run })));
}
