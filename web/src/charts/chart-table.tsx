// The chart as a table: each curve in numbers, and values along the axis, for those who cannot see it or want the figures.

import type { ReactElement } from 'react';
import classes from './chart.module.css';
import { xExtent } from './plot/scene';
import { AXIS_NAMES, formatPlace, formatValue, readingAt, summarise } from './plot/values';
import type { ChartAxis, ChartSeries } from './series/chart-series';

export interface ChartTableProps {
  readonly title: string;
  readonly series: readonly ChartSeries[];
  readonly axis: ChartAxis;
  readonly height: number;
  readonly unit: string;
}

/** Rows along the axis; the CSV has every point. */
const ROWS = 50;
/** Columns that a table still shows. */
const MOST_SERIES = 20;

export function ChartTable({ title, series, axis, height, unit }: ChartTableProps): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <section className={classes.table} style={{ height }} tabIndex={0} aria-label={`${title} as a table`}>
      <SummaryTable series={series} unit={unit} />
      <PlacesTable series={series.slice(0, MOST_SERIES)} axis={axis} unit={unit} />
    </section>
  );
}

function SummaryTable({ series, unit }: { readonly series: readonly ChartSeries[]; readonly unit: string }): ReactElement {
  return (
    <table>
      <thead>
        <tr>
          {['Curve', 'Points', 'First', 'Last', 'Lowest', 'Highest'].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {series.map((one) => {
          const { points, first, last, min, max } = summarise(one);
          return (
            <tr key={one.id}>
              <th scope="row">{one.label}</th>
              <td>{points.toLocaleString('en')}</td>
              <td>{formatValue(first, unit)}</td>
              <td>{formatValue(last, unit)}</td>
              <td>{formatValue(min, unit)}</td>
              <td>{formatValue(max, unit)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

interface PlacesTableProps {
  readonly series: readonly ChartSeries[];
  readonly axis: ChartAxis;
  readonly unit: string;
}

function PlacesTable({ series, axis, unit }: PlacesTableProps): ReactElement {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{AXIS_NAMES[axis]}</th>
          {series.map((one) => (
            <th key={one.id} scope="col">
              {one.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {placesOf(series).map((place) => (
          <tr key={place}>
            <th scope="row">{formatPlace(place, axis)}</th>
            {series.map((one) => {
              const reading = readingAt(one, place);
              return <td key={one.id}>{reading === null ? '' : formatValue(reading.value, unit)}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Places of the longest curve, evenly picked. */
function placesOf(series: readonly ChartSeries[]): number[] {
  const longest = series.reduce((a, b) => (b.x.length > a.x.length ? b : a), series[0] ?? { x: [] as ArrayLike<number> });
  const count = Math.min(ROWS, longest.x.length);
  const { from } = xExtent(series, false);
  const at = (row: number): number => Math.round((row * (longest.x.length - 1)) / Math.max(1, count - 1));
  const places = Array.from({ length: count }, (_none, row) => longest.x[at(row)] ?? from);
  return [...new Set(places)];
}
