// From values to pixels and back.

import type { ChartRange } from '../series/chart-series';
import type { Projection } from './curve-path';
import type { Scene } from './scene';

/** Where the plot lies, without its axes, in CSS pixels. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function projectionOf(scene: Scene, frame: Frame): Projection {
  return {
    x: along(scene.x, scene.logX, frame.left, frame.width),
    y: along(scene.y, scene.logY, frame.top + frame.height, -frame.height),
  };
}

/** NaN for values that have no place on the scale. */
function along({ from, to }: ChartRange, isLog: boolean, start: number, length: number): (value: number) => number {
  if (!isLog) {
    const unit = length / (to - from);
    return (value) => start + (value - from) * unit;
  }
  const low = Math.log(from);
  const unit = length / (Math.log(to) - low);
  return (value) => (value > 0 ? start + (Math.log(value) - low) * unit : Number.NaN);
}

/** The value at a share (0 … 1) of the range. */
export function valueAt({ from, to }: ChartRange, isLog: boolean, share: number): number {
  return isLog ? from * (to / from) ** share : from + (to - from) * share;
}
