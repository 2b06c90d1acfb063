// The panel of the column picker: any param, metric or tag that there is, found by typing; the chosen ones are put in order.

import { Button, Checkbox, SegmentedControl, TextInput } from '@mantine/core';
import { type ReactElement, useMemo, useState } from 'react';
import { useKeys } from '../../../api/hooks';
import classes from '../picker.module.css';
import { ChosenColumns } from './chosen-columns';
import { offeredColumns, type Stat } from './column-offer';
import { labelOf, type RunColumn } from './columns';
import type { ColumnActions } from './use-column-actions';

export interface ColumnPanelProps {
  readonly columns: readonly RunColumn[];
  readonly actions: ColumnActions;
  /** Back to what the page chooses. */
  readonly onReset: () => void;
}

const STATS: { value: Stat; label: string }[] = [
  { value: 'last', label: 'last' },
  { value: 'best', label: 'best' },
  { value: 'min', label: 'min' },
  { value: 'max', label: 'max' },
];

export function ColumnPanel({ columns, actions, onReset }: ColumnPanelProps): ReactElement {
  const { data: keys } = useKeys();
  const [wanted, setWanted] = useState('');
  const [stat, setStat] = useState<Stat>('last');
  const groups = useMemo(() => offeredColumns(keys, wanted, stat), [keys, wanted, stat]);
  const chosen = new Set(columns.map(({ expr }) => expr));
  return (
    <>
      <div className={classes.top}>
        <TextInput
          className={classes.grow}
          placeholder="A param, metric, tag, or a formula"
          aria-label="Find a column"
          data-autofocus
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <SegmentedControl aria-label="Which value of a metric" data={STATS} value={stat} onChange={(value) => setStat(value as Stat)} />
      </div>
      <div className={classes.lists}>
        {wanted === '' && <ChosenColumns columns={columns} actions={actions} />}
        {groups.map(({ title, exprs, hidden }) => (
          <fieldset key={title} className={classes.group}>
            <legend>{title}</legend>
            {exprs.map((expr) => (
              <Checkbox key={expr} label={labelOf(expr)} checked={chosen.has(expr)} onChange={() => actions.toggle(expr)} />
            ))}
            {hidden > 0 && <p className={classes.more}>{hidden} more: type to find them</p>}
          </fieldset>
        ))}
        {groups.length === 0 && <p className={classes.more}>No run has that, and it is no formula such as metrics.a - metrics.b.</p>}
      </div>
      <Button variant="subtle" size="compact-xs" onClick={onReset}>
        As it was at first
      </Button>
    </>
  );
}
