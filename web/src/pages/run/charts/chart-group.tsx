// The charts of one group under their name; a click folds them away.

import { memo, type ReactElement, useId, useState } from 'react';
import classes from './charts.module.css';
import { MetricChart } from './metric-chart';
import type { MetricGroup } from './metric-groups';

interface ChartGroupProps {
  readonly group: MetricGroup;
  readonly columns: number;
  /** Opened whatever the reader folded: something is searched for, or it is the only one. */
  readonly isForced: boolean;
}

export const ChartGroup = memo(function ChartGroup({ group, columns, isForced }: ChartGroupProps): ReactElement {
  const [isOpen, setOpen] = useState(!group.isSystem);
  const id = useId();
  const isShown = isOpen || isForced;
  return (
    <section>
      <h2 className={classes.groupName}>
        <button type="button" aria-expanded={isShown} aria-controls={id} onClick={() => setOpen(!isOpen)} disabled={isForced}>
          <span aria-hidden="true">{isShown ? '▾' : '▸'}</span> {group.name} <span className={classes.count}>{group.charts.length}</span>
        </button>
      </h2>
      <div id={id} hidden={!isShown} className={classes.grid} style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {isShown && group.charts.map((spec) => <MetricChart key={spec.id} spec={spec} />)}
      </div>
    </section>
  );
});
