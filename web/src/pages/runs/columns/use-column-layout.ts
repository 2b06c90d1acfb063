// Widths and places of the columns, as one grid template: rows need not be drawn again while a column is dragged wider.

import {
  type ColumnSizingState,
  columnPinningFeature,
  columnResizingFeature,
  columnSizingFeature,
  type Header,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type CSSProperties, useEffect, useMemo, useState } from 'react';
import { kindOf, labelOf, type RunColumn, WIDTH, widthOf } from './columns';

const features = tableFeatures({ columnSizingFeature, columnResizingFeature, columnPinningFeature });
const NO_ROWS: readonly never[] = [];

export const NAME = 'name';

export interface ColumnPlace {
  readonly expr: string;
  /** px from the left where it stays while the others scroll; null: it scrolls. */
  readonly stuckAt: number | null;
  /** Its values stand at the right edge, as numbers do. */
  readonly right: boolean;
}

export interface PlacedColumn extends ColumnPlace {
  readonly label: string;
  readonly header: Header<typeof features, never, unknown>;
}

export interface ColumnLayout {
  /** The name first, then the pinned ones, then the others. */
  readonly columns: readonly PlacedColumn[];
  /** The same, as far as rows need it: another object only where something of it is another. */
  readonly places: readonly ColumnPlace[];
  /** For the table: its template and its width. */
  readonly style: CSSProperties;
  readonly resizing: boolean;
}

/** `numeric`: columns that have only numbers. `narrow`: on a telephone nothing stays at the left. `onWidth` is called when a drag ends. */
export function useColumnLayout(
  chosen: readonly RunColumn[],
  numeric: ReadonlySet<string>,
  narrow: boolean,
  onWidth: (expr: string, width: number) => void,
): ColumnLayout {
  const wanted = useMemo(() => sizesOf(chosen, narrow), [chosen, narrow]);
  const [sizing, setSizing] = useState<ColumnSizingState>(wanted);
  useEffect(() => setSizing(wanted), [wanted]);
  const columns = useMemo(
    () => [NAME, ...chosen.map(({ expr }) => expr)].map((id) => ({ id, header: labelOf(id), minSize: WIDTH.least, maxSize: WIDTH.most })),
    [chosen],
  );
  const start = useMemo(() => (narrow ? [] : [NAME, ...chosen.filter(({ pinned }) => pinned).map(({ expr }) => expr)]), [chosen, narrow]);
  const table = useTable({
    features,
    columns,
    data: NO_ROWS,
    columnResizeMode: 'onChange',
    state: { columnSizing: sizing, columnPinning: { start, end: [] } },
    onColumnSizingChange: setSizing,
  });
  const { isResizingColumn } = table.state.columnResizing;
  useDragEnd(isResizingColumn, sizing, onWidth);
  const headers = [...table.getStartHeaderGroups(), ...table.getCenterHeaderGroups()].flatMap((group) => group.headers);
  const placed = headers.map((header): PlacedColumn => {
    const { column } = header;
    return {
      expr: column.id,
      label: labelOf(column.id),
      stuckAt: column.getIsPinned() === 'start' ? column.getStart('start') : null,
      right: column.id === 'duration' || kindOf(column.id) === 'metric' || numeric.has(column.id),
      header,
    };
  });
  const places = useSame(placed.map(({ expr, stuckAt, right }): ColumnPlace => ({ expr, stuckAt, right })));
  const template = headers.map((header) => `${header.getSize()}px`).join(' ');
  return {
    columns: placed,
    places,
    style: { '--columns': `${template} minmax(0, 1fr)`, '--table-width': `${table.getTotalSize()}px` } as CSSProperties,
    resizing: isResizingColumn !== false,
  };
}

/** The value before, where this one says the same. */
function useSame<T>(value: T): T {
  const text = JSON.stringify(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is the value
  return useMemo(() => value, [text]);
}

function sizesOf(chosen: readonly RunColumn[], narrow: boolean): ColumnSizingState {
  return Object.fromEntries([[NAME, narrow ? WIDTH.nameNarrow : WIDTH.name], ...chosen.map((column) => [column.expr, widthOf(column)])]);
}

function useDragEnd(dragged: string | false, sizing: ColumnSizingState, onWidth: (expr: string, width: number) => void): void {
  const [last, setLast] = useState<string | false>(false);
  useEffect(() => {
    if (last === dragged) return;
    setLast(dragged);
    const width = last === false ? undefined : sizing[last];
    if (last !== false && last !== NAME && width !== undefined) onWidth(last, Math.round(width));
  }, [last, dragged, sizing, onWidth]);
}
