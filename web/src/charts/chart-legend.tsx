// The curves by name, each with its value: a click hides one or shows it again, with Alt (or a double click) it alone is shown.

import { type MouseEvent, memo, type ReactElement, useSyncExternalStore } from 'react';
import classes from './chart.module.css';
import type { CursorStore } from './cursor-store';
import { formatValue, lastReading, readingAt } from './plot/values';
import type { ChartSeries } from './series/chart-series';

export interface ChartLegendProps {
  readonly series: readonly ChartSeries[];
  readonly hidden: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
  readonly onOnly: (id: string) => void;
  readonly cursors: CursorStore;
  readonly unit: string;
}

export const ChartLegend = memo(function ChartLegend(props: ChartLegendProps): ReactElement {
  const { series, hidden, onToggle, onOnly, cursors, unit } = props;
  const click = (event: MouseEvent, id: string): void => {
    if (event.altKey || event.detail === 2) onOnly(id);
    else onToggle(id);
  };
  return (
    <ul className={classes.legend} aria-label="Curves">
      {series.map((one) => (
        <li key={one.id}>
          <button
            type="button"
            className={classes.entry}
            aria-pressed={!hidden.has(one.id)}
            title={`${one.label}: click hides or shows it, double click shows it alone`}
            onClick={(event) => click(event, one.id)}
          >
            <span className={classes.swatch} data-dashed={one.dashed === true ? '' : undefined} style={{ borderTopColor: one.colour }} />
            <span className={classes.label}>{one.label}</span>
            <LegendValue series={one} cursors={cursors} unit={unit} />
          </button>
        </li>
      ))}
    </ul>
  );
});

interface LegendValueProps {
  readonly series: ChartSeries;
  readonly cursors: CursorStore;
  readonly unit: string;
}

/** At the crosshair where there is one, else the last. */
function LegendValue({ series, cursors, unit }: LegendValueProps): ReactElement | null {
  const cursor = useSyncExternalStore(cursors.subscribe, cursors.get);
  const reading = cursor === null ? lastReading(series) : readingAt(series, cursor.x);
  return reading === null ? null : <span className={classes.value}>{formatValue(reading.value, unit)}</span>;
}
