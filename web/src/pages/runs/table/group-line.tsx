// The head of a group: what its runs share, how many there are, how they fare.

import { memo, type ReactElement } from 'react';
import { CheckBox } from '../../../components/check-box';
import { formatCount, plural } from '../../../components/format';
import { Icon } from '../../../components/icon';
import classes from '../table.module.css';
import type { Group } from './groups';

interface GroupLineProps {
  readonly group: Group;
  /** What the group is by, as the column's head says it. */
  readonly by: string;
  readonly index: number;
  readonly top: number;
  readonly current: boolean;
  /** How many columns it spans. */
  readonly columns: number;
  /** How many of its runs are selected. */
  readonly selected: number;
  /** Some of its runs may not be loaded yet. */
  readonly counting: boolean;
  readonly onToggle: (label: string) => void;
  readonly onSelect: (runIds: readonly string[]) => void;
}

export const GroupLine = memo(function GroupLine(props: GroupLineProps): ReactElement {
  const { group, by, index, top, current, columns, selected, counting, onToggle, onSelect } = props;
  const { label, runs, live, failed, closed } = group;
  return (
    <tr
      id={`row-${index}`}
      aria-rowindex={index + 2}
      className={classes.groupRow}
      data-current={current || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <td className={classes.groupCell} colSpan={columns}>
        <CheckBox
          checked={selected === runs.length}
          mixed={selected > 0 && selected < runs.length}
          label={`Select the runs of ${label}`}
          onChange={() => onSelect(runs.map(({ run }) => run.runId))}
        />
        <button type="button" className={classes.fold} aria-expanded={!closed} onClick={() => onToggle(label)}>
          <Icon name={closed ? 'chevronRight' : 'chevronDown'} size={14} />
          <span className={classes.groupBy}>{by}</span>
          <span className={classes.groupLabel}>{label}</span>
        </button>
        <span className={classes.count}>{counting ? `${formatCount(runs.length)}+ runs` : plural(runs.length, 'run')}</span>
        {live > 0 && <span className={classes.count}>{formatCount(live)} live</span>}
        {failed > 0 && <span className={classes.countBad}>{formatCount(failed)} failed</span>}
      </td>
    </tr>
  );
});
