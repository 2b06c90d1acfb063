// Everything that the runs page holds: its view, its runs, what is selected, and what its keys do.

import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useMemo } from 'react';
import { useLocation } from 'wouter';
import { compareAddress, experimentAddress, runAddress } from '../../api/addresses';
import { useKeys } from '../../api/hooks';
import { type Rights, useRights } from '../../api/rights';
import { useTitle } from '../../components/use-title';
import { stored } from '../../theme/stored';
import type { RunColumn } from './columns/columns';
import { type ColumnActions, useColumnActions } from './columns/use-column-actions';
import { type ColumnLayout, useColumnLayout } from './columns/use-column-layout';
import { columnsOf } from './search/runs-question';
import { type TableData, useTableData } from './table/use-table-data';
import { useTableKeys } from './table/use-table-keys';
import { type TableSelection, useTableSelection } from './table/use-table-selection';
import { type BulkActions, useBulkActions } from './use-bulk-actions';
import { useView, type ViewControl } from './view/use-view';

export interface RunsPageState {
  readonly control: ViewControl;
  readonly data: TableData;
  readonly columns: readonly RunColumn[];
  readonly layout: ColumnLayout;
  readonly columnActions: ColumnActions;
  readonly table: TableSelection;
  readonly shownIds: readonly string[];
  readonly bulk: BulkActions;
  readonly rights: Rights;
  readonly fold: (label: string) => void;
  readonly compare: () => void;
  /** The curves of the runs are beside them. */
  readonly charts: boolean;
  readonly toggleCharts: () => void;
}

/** Whether the curves were shown when they were last shown or hidden. */
const lastCharts = stored<boolean>('runs.charts', (found) => found === true);

export function useRunsPage(experimentId: string | undefined): RunsPageState {
  const control = useView(experimentId === undefined ? '/runs' : experimentAddress(experimentId));
  const { view, adjust } = control;
  const [, navigate] = useLocation();
  const { data: keys, isPending } = useKeys();
  const columns = useMemo(() => columnsOf(view, keys, experimentId), [view, keys, experimentId]);
  const columnActions = useColumnActions(control, columns);
  const narrow = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false });
  const data = useTableData(view, view.columns === null && isPending ? null : columns, experimentId);
  const layout = useColumnLayout(columns, data.numeric, narrow, columnActions.resize);
  const shownIds = useMemo(() => data.rows.flatMap((row) => (row.kind === 'run' ? [row.item.run.runId] : [])), [data.rows]);
  const table = useTableSelection(shownIds);
  const { selection, lineActions, selectMany, clear } = table;
  const bulk = useBulkActions();
  const rights = useRights();
  const selected = [...selection.ids];
  const fold = useCallback((label: string) => adjust({ closed: flipped(view.closed, label) }), [adjust, view.closed]);
  const compare = (): void => {
    if (selected.length >= 2) navigate(compareAddress(selected));
  };
  const remove = (): void => {
    if (!rights.write || view.trash || selected.length === 0) return;
    clear();
    void bulk.toTrash(selected);
  };
  const wasShown = lastCharts.use();
  const charts = !view.trash && (view.charts ?? wasShown);
  const toggleCharts = (): void => {
    lastCharts.set(!charts);
    adjust({ charts: !charts });
  };
  useTitle(experimentId ?? (view.trash ? 'Trash' : 'Runs'));
  useTableKeys({
    ...{ rows: data.rows, current: table.current, setCurrent: table.setCurrent, clear, fold, compare, remove, toggleCharts },
    select: lineActions.select,
    selectAll: () => selectMany(shownIds),
    open: (runId) => navigate(runAddress(runId)),
    hide: lineActions.toggleHidden,
    pin: (runId) => adjust({ pinned: flipped(view.pinned, runId) }),
  });
  return { control, data, columns, layout, columnActions, table, shownIds, bulk, rights, fold, compare, charts, toggleCharts };
}

function flipped(list: readonly string[], one: string): readonly string[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}
