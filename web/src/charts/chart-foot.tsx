// The line under a chart: how many points stand behind the pixels, what could not be drawn, and the way back from a zoom.

import type { ReactElement } from 'react';
import classes from './chart.module.css';
import type { SceneCounts } from './plot/scene';

export interface ChartFootProps {
  readonly counts: SceneCounts;
  /** Pixels of the plot; 0: not drawn yet. */
  readonly width: number;
  readonly isZoomed: boolean;
  readonly onReset: () => void;
}

export function ChartFoot({ counts, width, isZoomed, onReset }: ChartFootProps): ReactElement {
  const { points, drawn, nonFinite, offScale } = counts;
  const say = (count: number): string => count.toLocaleString('en');
  return (
    <div className={classes.foot}>
      <span>{points > drawn && width > 0 ? `${say(points)} points behind ${say(Math.round(width))} pixels` : `${say(points)} points`}</span>
      {nonFinite > 0 && <span className={classes.warn}>▼ {say(nonFinite)} NaN or infinite</span>}
      {offScale > 0 && <span className={classes.warn}>{say(offScale)} not above 0: no place on the log scale</span>}
      {isZoomed && (
        <button type="button" className={classes.reset} onClick={onReset}>
          Reset zoom
        </button>
      )}
    </div>
  );
}
