// One line of the table, whichever kind it is, with what all lines share.

import type { ReactElement } from 'react';
import type { ColourScheme } from '../../../charts/plot/palette';
import { type RunLooks, runColour } from '../../../theme/run-looks';
import { labelOf } from '../columns/columns';
import type { ColumnLayout } from '../columns/use-column-layout';
import type { RunsView } from '../view/view-state';
import { GroupLine } from './group-line';
import type { TableRow } from './groups';
import { type LineActions, RunLine } from './run-line';
import type { Selection } from './selection';
import type { TableData } from './use-table-data';

export interface TableLineContext {
  readonly view: RunsView;
  readonly data: TableData;
  readonly layout: ColumnLayout;
  readonly selection: Selection;
  /** Key of the row that the keyboard is at. */
  readonly current: string | null;
  readonly looks: RunLooks;
  readonly scheme: ColourScheme;
  readonly lineActions: LineActions;
  readonly onFold: (label: string) => void;
  readonly onSelectMany: (runIds: readonly string[]) => void;
}

interface TableLineProps extends TableLineContext {
  readonly row: TableRow;
  readonly index: number;
  readonly top: number;
}

export function TableLine({ row, index, top, ...shared }: TableLineProps): ReactElement {
  const { view, data, layout, selection, current, looks, scheme, lineActions, onFold, onSelectMany } = shared;
  if (row.kind === 'group') {
    return (
      <GroupLine
        group={row.group}
        by={labelOf(view.group ?? '')}
        index={index}
        top={top}
        current={current === row.key}
        columns={layout.columns.length}
        selected={row.group.runs.filter(({ run }) => selection.ids.has(run.runId)).length}
        counting={data.more}
        onToggle={onFold}
        onSelect={onSelectMany}
      />
    );
  }
  const { runId } = row.item.run;
  return (
    <RunLine
      rowKey={row.key}
      item={row.item}
      columns={layout.places}
      asked={data.asked}
      index={index}
      top={top}
      selected={selection.ids.has(runId)}
      current={current === row.key}
      pinned={row.pinned}
      colour={runColour(runId, looks, scheme)}
      look={looks[runId]}
      actions={lineActions}
    />
  );
}
