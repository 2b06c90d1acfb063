// The chosen columns in their order; they are dragged, or moved with the buttons.

import { ActionIcon } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { Icon } from '../../../components/icon';
import classes from '../picker.module.css';
import { labelOf, type RunColumn } from './columns';
import type { ColumnActions } from './use-column-actions';

interface ChosenColumnsProps {
  readonly columns: readonly RunColumn[];
  readonly actions: ColumnActions;
}

export function ChosenColumns({ columns, actions }: ChosenColumnsProps): ReactElement | null {
  const [dragged, setDragged] = useState<string | null>(null);
  if (columns.length === 0) return null;
  const over = (expr: string): void => {
    if (dragged === null || dragged === expr) return;
    const at = (one: string): number => columns.findIndex((column) => column.expr === one);
    actions.move(dragged, at(expr) - at(dragged));
  };
  return (
    <fieldset className={classes.group}>
      <legend>Shown, from left to right</legend>
      <ol className={classes.chosen}>
        {columns.map(({ expr, pinned }) => (
          <li
            key={expr}
            className={classes.item}
            draggable
            data-dragged={dragged === expr || undefined}
            onDragStart={() => setDragged(expr)}
            onDragEnd={() => setDragged(null)}
            onDragEnter={() => over(expr)}
            onDragOver={(event) => event.preventDefault()}
          >
            <span className={classes.itemName} title={expr}>
              {labelOf(expr)}
            </span>
            <Act
              icon="pin"
              label={`${pinned === true ? 'Do not pin' : 'Pin'} ${labelOf(expr)}`}
              active={pinned === true}
              onClick={() => actions.pin(expr)}
            />
            <Act icon="sortUp" label={`Move ${labelOf(expr)} to the left`} onClick={() => actions.move(expr, -1)} />
            <Act icon="sortDown" label={`Move ${labelOf(expr)} to the right`} onClick={() => actions.move(expr, 1)} />
            <Act icon="close" label={`Remove ${labelOf(expr)}`} onClick={() => actions.remove(expr)} />
          </li>
        ))}
      </ol>
    </fieldset>
  );
}

interface ActProps {
  readonly icon: 'pin' | 'sortUp' | 'sortDown' | 'close';
  readonly label: string;
  readonly active?: boolean;
  readonly onClick: () => void;
}

function Act({ icon, label, active = false, onClick }: ActProps): ReactElement {
  return (
    <ActionIcon
      size="sm"
      variant={active ? 'light' : 'subtle'}
      color={active ? 'indigo' : 'gray'}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <Icon name={icon} size={12} />
    </ActionIcon>
  );
}
