// The bar above the charts: what they show and how.

import { Button, Popover, Select, Switch, TextInput } from '@mantine/core';
import { memo, type ReactElement } from 'react';
import { AxisChoice, SmoothingSlider } from '../../../charts/chart-controls';
import type { ChartSettings, Workers } from './chart-settings';
import classes from './charts.module.css';
import type { Grouping } from './metric-groups';

export interface ChartsBarProps {
  readonly settings: ChartSettings;
  readonly change: (change: Partial<ChartSettings>) => void;
  readonly hasWorkers: boolean;
}

const WORKERS: { value: Workers; label: string }[] = [
  { value: 'mean', label: 'Mean of workers' },
  { value: 'min', label: 'Lowest of workers' },
  { value: 'max', label: 'Highest of workers' },
  { value: 'sum', label: 'Sum of workers' },
  { value: 'each', label: 'Each worker' },
];

const GROUPINGS: { value: Grouping; label: string }[] = [
  { value: 'prefix', label: 'Group by prefix' },
  { value: 'phase', label: 'Group by phase' },
];

/** Its parts are rendered only when what they show changes: a zoom waits for none of them. */
export function ChartsBar({ settings, change, hasWorkers }: ChartsBarProps): ReactElement {
  const { filter, x, smoothing, workers, logX, logY, marks, superseded, group } = settings;
  return (
    <div className={classes.bar} role="toolbar" aria-label="Charts">
      <FilterInput {...{ filter, change }} />
      <AxisChoice {...{ x, change }} />
      <SmoothingSlider {...{ smoothing, change }} />
      {hasWorkers && <WorkersChoice {...{ workers, change }} />}
      <MoreSettings {...{ logX, logY, marks, superseded, group, change }} />
      {settings.range !== null && (
        <Button variant="light" onClick={() => change({ range: null })}>
          Reset zoom
        </Button>
      )}
    </div>
  );
}

type PartProps<K extends keyof ChartSettings> = Pick<ChartSettings, K> & Pick<ChartsBarProps, 'change'>;

const FilterInput = memo(({ filter, change }: PartProps<'filter'>) => (
  <TextInput
    className={classes.filter ?? ''}
    type="search"
    placeholder="Filter metrics"
    aria-label="Filter metrics"
    value={filter}
    onChange={(event) => change({ filter: event.currentTarget.value })}
  />
));

const WorkersChoice = memo(({ workers, change }: PartProps<'workers'>) => (
  <Select
    className={classes.select ?? ''}
    aria-label="Workers"
    data={WORKERS}
    value={workers}
    allowDeselect={false}
    onChange={(next) => change({ workers: (next ?? 'mean') as Workers })}
  />
));

type MoreProps = PartProps<'logX' | 'logY' | 'marks' | 'superseded' | 'group'>;

const MoreSettings = memo(({ logX, logY, marks, superseded, group, change }: MoreProps) => (
  <Popover position="bottom-end" withArrow trapFocus>
    <Popover.Target>
      <Button variant="default">Display</Button>
    </Popover.Target>
    <Popover.Dropdown>
      <div className={classes.more}>
        <Switch label="Logarithmic y axis" checked={logY} onChange={() => change({ logY: !logY })} />
        <Switch label="Logarithmic x axis" checked={logX} onChange={() => change({ logX: !logX })} />
        <Switch label="Marks of what happened" checked={marks} onChange={() => change({ marks: !marks })} />
        <Switch label="Points superseded by a restart" checked={superseded} onChange={() => change({ superseded: !superseded })} />
        <Select
          aria-label="Grouping"
          data={GROUPINGS}
          value={group}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          onChange={(next) => change({ group: (next ?? 'prefix') as Grouping })}
        />
      </div>
    </Popover.Dropdown>
  </Popover>
));
