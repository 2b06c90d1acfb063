// The menu of a column's head: order, groups, place and width.

import { Menu } from '@mantine/core';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { Icon } from '../../../components/icon';
import type { PlacedColumn } from '../columns/use-column-layout';
import type { Order } from '../search/search-order';
import classes from '../table.module.css';

export interface HeadActions {
  readonly sort: (expr: string) => void;
  readonly order: (order: Order | null) => void;
  readonly move: (expr: string, step: number) => void;
  readonly widen: (expr: string, step: number) => void;
  readonly pin: (expr: string) => void;
  readonly remove: (expr: string) => void;
  readonly group: (expr: string | null) => void;
}

export interface HeadMenuProps {
  readonly column: PlacedColumn;
  readonly sorts: boolean;
  readonly grouped: boolean;
  readonly actions: HeadActions;
}

/** px by which the keyboard makes a column wider. */
const STEP = 40;

/** Opens by itself: whoever made it wants it. It takes the focus first, so that the focus comes back to it. */
export function HeadMenuList({ column: { expr, label, stuckAt }, sorts, grouped, actions }: HeadMenuProps): ReactElement {
  const button = useRef<HTMLButtonElement>(null);
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    button.current?.focus();
    setOpened(true);
  }, []);
  return (
    <Menu position="bottom-end" width={190} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <button ref={button} type="button" className={classes.headMenu} aria-label={`Column ${label}`}>
          <Icon name="chevronDown" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {sorts && (
          <>
            <Menu.Item onClick={() => actions.order({ expr, descending: false })}>Sort: lowest first</Menu.Item>
            <Menu.Item onClick={() => actions.order({ expr, descending: true })}>Sort: highest first</Menu.Item>
            <Menu.Item onClick={() => actions.group(grouped ? null : expr)}>{grouped ? 'Do not group' : 'Group by this'}</Menu.Item>
            <Menu.Divider />
          </>
        )}
        <Menu.Item onClick={() => actions.pin(expr)}>{stuckAt === null ? 'Pin at the left' : 'Do not pin'}</Menu.Item>
        <Menu.Item onClick={() => actions.move(expr, -1)}>Move to the left</Menu.Item>
        <Menu.Item onClick={() => actions.move(expr, 1)}>Move to the right</Menu.Item>
        <Menu.Item closeMenuOnClick={false} onClick={() => actions.widen(expr, STEP)}>
          Wider
        </Menu.Item>
        <Menu.Item closeMenuOnClick={false} onClick={() => actions.widen(expr, -STEP)}>
          Narrower
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => actions.remove(expr)}>Remove the column</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
