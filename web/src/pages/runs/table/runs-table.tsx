// The table of runs: of however many there are, only those on the screen are in the document.

import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactElement, useDeferredValue, useEffect, useRef, useState } from 'react';
import { CheckBox } from '../../../components/check-box';
import { plural } from '../../../components/format';
import type { ColumnActions } from '../columns/use-column-actions';
import { type ColumnLayout, NAME } from '../columns/use-column-layout';
import { orderOf } from '../search/search-order';
import classes from '../table.module.css';
import type { RunsView } from '../view/view-state';
import { ColumnHead } from './column-head';
import { RowPlaces } from './row-places';
import { TableLine, type TableLineContext } from './table-line';
import { useLiveValues } from './use-live-values';
import type { TableData } from './use-table-data';

/** px */
const LINE = 34;
/** Rows beyond the edge that are drawn, and from the end on from which more are asked for. */
const OVERSCAN = 6;
const NEAR_END = 60;

interface RunsTableProps extends TableLineContext {
  readonly view: RunsView;
  readonly data: TableData;
  readonly layout: ColumnLayout;
  readonly columnActions: ColumnActions;
  readonly shownIds: readonly string[];
  readonly onSelectAll: () => void;
}

/** Drawn in turns, after what is typed: a key never waits for the rows. What is done with a row itself is seen at once. */
export function RunsTable(props: RunsTableProps): ReactElement {
  const { selection, current, looks } = props;
  return <Grid {...useDeferredValue(props)} {...{ selection, current, looks }} />;
}

const Grid = memo(function Grid(props: RunsTableProps): ReactElement {
  const { data, layout, current } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, more, loadMore } = data;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    getItemKey: (at) => rows[at]?.key ?? at,
    overscan: OVERSCAN,
    scrollPaddingStart: LINE,
  });
  const items = virtual.getVirtualItems();
  const [rowPlaces] = useState(() => new RowPlaces());
  const places = rowPlaces.assign(items.map(({ key }) => String(key)));
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - NEAR_END) loadMore();
  });
  const at = rows.findIndex(({ key }) => key === current);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);
  useLiveValues(
    data,
    items.flatMap(({ index }) => rows[index] ?? []),
  );
  return (
    <div ref={scroller} className={classes.scroller} data-old={data.old || undefined} aria-busy={data.old} style={layout.style}>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its keyboard row is told by aria-activedescendant
        role="grid"
        aria-label="Runs"
        aria-multiselectable
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-activedescendant={at >= 0 ? `row-${at}` : undefined}
        tabIndex={0}
        className={classes.table}
      >
        <thead className={classes.headGroup}>
          <HeadRow {...props} />
        </thead>
        <tbody className={classes.body} style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }, nth) => {
            const row = rows[index];
            return row === undefined ? null : <TableLine key={places[nth]} row={row} index={index} top={start} {...props} />;
          })}
        </tbody>
      </table>
    </div>
  );
});

function HeadRow({ view, layout, columnActions, shownIds, selection, onSelectAll }: RunsTableProps): ReactElement {
  const order = orderOf(view.q);
  const whole = shownIds.length > 0 && shownIds.every((runId) => selection.ids.has(runId));
  return (
    <tr aria-rowindex={1} className={classes.headRow}>
      {layout.columns.map((column) => (
        <ColumnHead
          key={column.expr}
          column={column}
          order={order}
          sortable={!view.trash}
          grouped={view.group === column.expr}
          actions={columnActions}
        >
          {column.expr === NAME && (
            <CheckBox
              checked={whole}
              mixed={!whole && selection.ids.size > 0}
              label={whole ? 'Select none' : `Select ${plural(shownIds.length, 'loaded run')}`}
              onChange={onSelectAll}
            />
          )}
        </ColumnHead>
      ))}
    </tr>
  );
}
