// The head of a column: sorts at a click, is dragged wider at its edge, and has a menu for the rest.

import { type ReactElement, type ReactNode, useState } from 'react';
import { Icon } from '../../../components/icon';
import { isSortable } from '../columns/columns';
import { NAME, type PlacedColumn } from '../columns/use-column-layout';
import type { Order } from '../search/search-order';
import classes from '../table.module.css';
import { type HeadActions, HeadMenuList, type HeadMenuProps } from './head-menu-list';

interface ColumnHeadProps {
  readonly column: PlacedColumn;
  readonly order: Order | null;
  /** In the trash the order is the trash's own. */
  readonly sortable: boolean;
  readonly grouped: boolean;
  readonly actions: HeadActions;
  /** Stands before the label. */
  readonly children?: ReactNode;
}

export function ColumnHead({ column, order, sortable, grouped, actions, children }: ColumnHeadProps): ReactElement {
  const { expr, label, stuckAt, right, header } = column;
  const sorts = sortable && isSortable(expr);
  const sorted = order?.expr === expr ? (order.descending ? 'descending' : 'ascending') : 'none';
  const startDrag = header.getResizeHandler();
  return (
    <th
      scope="col"
      aria-sort={sorts ? sorted : undefined}
      className={classes.head}
      data-stuck={stuckAt === null ? undefined : true}
      data-right={right || undefined}
      style={stuckAt === null ? undefined : { left: stuckAt }}
    >
      {children}
      {sorts ? (
        <button type="button" className={classes.headButton} title={`${expr}: sort`} onClick={() => actions.sort(expr)}>
          <span className={classes.headText}>{label}</span>
          {sorted !== 'none' && <Icon name={sorted === 'descending' ? 'sortDown' : 'sortUp'} size={12} />}
        </button>
      ) : (
        <span className={classes.headText}>{label}</span>
      )}
      {expr !== NAME && <HeadMenu {...{ column, sorts, grouped, actions }} />}
      <span
        className={classes.edge}
        data-active={header.column.getIsResizing() || undefined}
        aria-hidden
        onMouseDown={startDrag}
        onTouchStart={startDrag}
      />
    </th>
  );
}

/** A menu is dear, and there is one for each column: it is made when it is first wanted. */
function HeadMenu(props: HeadMenuProps): ReactElement {
  const [wanted, setWanted] = useState(false);
  if (wanted) return <HeadMenuList {...props} />;
  return (
    <button
      type="button"
      className={classes.headMenu}
      aria-label={`Column ${props.column.label}`}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={() => setWanted(true)}
    >
      <Icon name="chevronDown" size={12} />
    </button>
  );
}
