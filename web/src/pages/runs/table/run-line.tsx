// One run as a row of the table. Drawn anew only when something of it changed.

import { type CSSProperties, type MouseEvent, memo, type ReactElement } from 'react';
import { Link } from 'wouter';
import { runAddress } from '../../../api/addresses';
import { CheckBox } from '../../../components/check-box';
import { Icon } from '../../../components/icon';
import { nameOf } from '../../../components/run-name';
import type { RunLook } from '../../../theme/run-looks';
import { type ColumnPlace, NAME } from '../columns/use-column-layout';
import classes from '../table.module.css';
import { Cell } from './cell';
import type { TableRun } from './groups';

/** What a row can be asked to do; the same object for all rows. */
export interface LineActions {
  readonly select: (runId: string, range: boolean) => void;
  readonly look: (runId: string, anchor: HTMLElement) => void;
  readonly toggleHidden: (runId: string) => void;
  readonly point: (key: string) => void;
}

interface RunLineProps {
  readonly rowKey: string;
  readonly item: TableRun;
  readonly columns: readonly ColumnPlace[];
  readonly asked: readonly string[];
  readonly index: number;
  readonly top: number;
  readonly selected: boolean;
  readonly current: boolean;
  readonly pinned: boolean;
  readonly colour: string;
  readonly look: RunLook | undefined;
  readonly actions: LineActions;
}

export const RunLine = memo(RunRow, isSame);

/** What was read again is mostly as it was: to compare a row costs a hundredth of drawing it. */
function isSame({ item: was, ...before }: RunLineProps, { item: is, ...after }: RunLineProps): boolean {
  const names = Object.keys(after) as (keyof typeof after)[];
  return names.every((name) => before[name] === after[name]) && (was === is || JSON.stringify(was) === JSON.stringify(is));
}

function RunRow(props: RunLineProps): ReactElement {
  const { rowKey, columns, index, top, selected, current, pinned, actions } = props;
  return (
    <tr
      id={`row-${index}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={classes.row}
      data-run={props.item.run.runId}
      data-current={current || undefined}
      data-pinned={pinned || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onMouseDown={() => actions.point(rowKey)}
    >
      {columns.map((column) => (
        <LineCell key={column.expr} {...props} column={column} />
      ))}
    </tr>
  );
}

function LineCell({ column: { expr, stuckAt, right }, ...props }: RunLineProps & { readonly column: ColumnPlace }): ReactElement {
  const { item, asked } = props;
  const place = {
    className: classes.cell,
    'data-stuck': stuckAt === null ? undefined : true,
    style: stuckAt === null ? undefined : { left: stuckAt },
  };
  if (expr === NAME) {
    return (
      <th scope="row" {...place}>
        <NameCell {...props} />
      </th>
    );
  }
  return (
    <td {...place} data-right={right || undefined}>
      <Cell expr={expr} item={item} at={asked.indexOf(expr)} />
    </td>
  );
}

function NameCell({ item: { run }, selected, pinned, colour, look, actions }: RunLineProps): ReactElement {
  const name = nameOf(run);
  const hidden = look?.hidden === true;
  const select = (event: MouseEvent): void => actions.select(run.runId, event.shiftKey);
  return (
    <>
      <CheckBox checked={selected} label={`Select ${name}`} onClick={select} />
      <button
        type="button"
        className={classes.dotButton}
        style={{ '--run-colour': colour } as CSSProperties}
        aria-label={`Colour of ${name}`}
        aria-haspopup="dialog"
        title="Colour"
        onClick={(event) => actions.look(run.runId, event.currentTarget)}
      >
        <span className={classes.dot} data-hidden={hidden || undefined} />
      </button>
      <button
        type="button"
        className={classes.eye}
        data-hidden={hidden || undefined}
        aria-pressed={hidden}
        aria-label={`Hide ${name} in charts`}
        title={hidden ? 'Hidden in charts' : 'Hide in charts'}
        onClick={() => actions.toggleHidden(run.runId)}
      >
        <Icon name={hidden ? 'eyeOff' : 'eye'} size={14} />
      </button>
      <Link href={runAddress(run.runId)} className={classes.runLink} title={`${name}\n${run.runId}`}>
        {name}
      </Link>
      {pinned && <Badge icon="pin" title="Stays at the top" />}
      {run.archived && <Badge icon="archive" title="Archived" />}
      {run.notes !== null && <Badge icon="tag" title={run.notes} />}
    </>
  );
}

function Badge({ icon, title }: { readonly icon: 'pin' | 'archive' | 'tag'; readonly title: string }): ReactElement {
  return (
    <span className={classes.badge} title={title}>
      <Icon name={icon} size={12} />
    </span>
  );
}
