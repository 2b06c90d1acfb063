// How curves are drawn, as the bars above charts let it be chosen: along which axis, and how smooth.

import { SegmentedControl, Slider } from '@mantine/core';
import { memo, type ReactElement } from 'react';
import classes from './chart.module.css';
import type { ChartAxis } from './series/chart-series';

const AXES: { value: ChartAxis; label: string }[] = [
  { value: 'step', label: 'Step' },
  { value: 'epoch', label: 'Epoch' },
  { value: 'time', label: 'Time' },
  { value: 'relative', label: 'Elapsed' },
];

interface AxisChoiceProps {
  readonly x: ChartAxis;
  readonly change: (change: { readonly x: ChartAxis }) => void;
}

export const AxisChoice = memo(function AxisChoice({ x, change }: AxisChoiceProps): ReactElement {
  return <SegmentedControl aria-label="X axis" data={AXES} value={x} onChange={(axis) => change({ x: axis as ChartAxis })} />;
});

interface SmoothingSliderProps {
  /** 0 (none) to 0.99. */
  readonly smoothing: number;
  readonly change: (change: { readonly smoothing: number }) => void;
}

export const SmoothingSlider = memo(function SmoothingSlider({ smoothing, change }: SmoothingSliderProps): ReactElement {
  return (
    <div className={classes.smoothing}>
      <span>Smoothing</span>
      <Slider
        className={classes.slider ?? ''}
        size="sm"
        min={0}
        max={0.99}
        step={0.01}
        label={(value) => value.toFixed(2)}
        thumbLabel="Smoothing"
        value={smoothing}
        onChange={(next) => change({ smoothing: next })}
      />
      <output className={classes.smoothingValue}>{smoothing.toFixed(2)}</output>
    </div>
  );
});
