// What the curves are set to.

import { Button, Checkbox, MultiSelect, Popover, SegmentedControl, Select, Slider } from '@mantine/core';
import { type ReactElement, useEffect, useState } from 'react';
import type { ChartAxis } from '../../../charts/series/chart-series';
import classes from '../compare.module.css';
import type { CompareState } from '../compare-state';
import type { ComparedMetric, Quantity } from '../quantities';
import type { BandKind } from '../stats/spread';
import type { UpdateState } from '../use-compare-state';
import { MOST_MARKED } from './use-run-marks';

/** Charts at once. */
const MOST_CHARTS = 24;

const AXES: readonly { readonly value: ChartAxis; readonly label: string }[] = [
  { value: 'step', label: 'Step' },
  { value: 'epoch', label: 'Epoch' },
  { value: 'time', label: 'Time' },
  { value: 'relative', label: 'Since start' },
];

const BANDS: readonly { readonly value: BandKind; readonly label: string }[] = [
  { value: 'std', label: '± standard deviation' },
  { value: 'ci', label: '95 % of the mean' },
  { value: 'quantiles', label: '10–90 % quantiles' },
  { value: 'range', label: 'Lowest to highest' },
];

interface SeriesBarProps {
  readonly state: CompareState;
  readonly update: UpdateState;
  readonly metrics: readonly ComparedMetric[];
  readonly drawn: readonly ComparedMetric[];
  readonly groupings: readonly Quantity[];
}

export function SeriesBar({ state, update, metrics, drawn, groupings }: SeriesBarProps): ReactElement {
  return (
    <div className={classes.barTop}>
      <MultiSelect
        className={classes.row}
        aria-label="Metrics"
        placeholder={drawn.length === 0 ? 'Metrics' : ''}
        searchable
        hidePickedOptions
        maxValues={MOST_CHARTS}
        data={metrics.map(({ name }) => name)}
        value={drawn.map(({ name }) => name)}
        onChange={(names) => update({ metrics: names })}
        nothingFoundMessage="No such metric"
      />
      <SegmentedControl aria-label="x axis" data={[...AXES]} value={state.x} onChange={(x) => update({ x: x as ChartAxis })} />
      <Select
        aria-label="Group by"
        placeholder="No groups"
        clearable
        clearButtonProps={{ 'aria-label': 'No groups' }}
        searchable
        data={groupings.map(({ id }) => ({ value: id, label: `by ${id}` }))}
        value={state.group === '' ? null : state.group}
        onChange={(group) => update({ group: group ?? '' })}
        nothingFoundMessage="Nothing groups these runs"
      />
      {state.group !== '' && (
        <Select
          aria-label="Band"
          allowDeselect={false}
          data={[...BANDS]}
          value={state.band}
          onChange={(band) => update({ band: band as BandKind })}
        />
      )}
      <MoreSettings state={state} update={update} />
    </div>
  );
}

function MoreSettings({ state, update }: Pick<SeriesBarProps, 'state' | 'update'>): ReactElement {
  return (
    <Popover position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Button variant="default">Lines{state.smoothing > 0 || state.logX || state.logY || state.marks ? ' •' : ''}</Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.settings}>
          <Smoothing value={state.smoothing} onChange={(smoothing) => update({ smoothing })} />
          <Checkbox label="Logarithmic values" checked={state.logY} onChange={() => update({ logY: !state.logY })} />
          <Checkbox label="Logarithmic x axis" checked={state.logX} onChange={() => update({ logX: !state.logX })} />
          <Checkbox
            label={`Marks of the runs (the first ${MOST_MARKED})`}
            checked={state.marks}
            onChange={() => update({ marks: !state.marks })}
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Drawn while it is dragged, written into the address when it is let go. */
function Smoothing({ value, onChange }: { readonly value: number; readonly onChange: (value: number) => void }): ReactElement {
  const [shown, setShown] = useState(value);
  useEffect(() => setShown(value), [value]);
  return (
    <div>
      <p className={classes.label}>Smoothing: {shown === 0 ? 'none' : shown}</p>
      <Slider
        size="sm"
        min={0}
        max={0.99}
        step={0.01}
        label={null}
        thumbLabel="Smoothing"
        value={shown}
        onChange={setShown}
        onChangeEnd={onChange}
      />
    </div>
  );
}
