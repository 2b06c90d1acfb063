// The chart of XTrack: curves with their envelopes along an axis, with zoom, crosshair, marks, legend and a table for those who cannot see it.

import 'uplot/dist/uPlot.min.css';
import { memo, type ReactElement, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import classes from './chart.module.css';
import { ChartFoot } from './chart-foot';
import { ChartLegend } from './chart-legend';
import { ChartMenu } from './chart-menu';
import { ChartPlot } from './chart-plot';
import { ChartTable } from './chart-table';
import { CursorStore } from './cursor-store';
import { makeScene } from './plot/scene';
import { sayChart } from './plot/values';
import { downloadChart } from './save/download-chart';
import type { ChartAxis, ChartCursor, ChartMark, ChartRange, ChartSeries } from './series/chart-series';
import { useHidden } from './use-hidden';
import { useZoom } from './use-zoom';

export interface SeriesChartProps {
  readonly series: readonly ChartSeries[];
  readonly xAxis: ChartAxis;
  readonly title: string;
  /** Pixels of the plot with its axes, without title and legend. */
  readonly height: number;
  readonly marks?: readonly ChartMark[];
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Weight of the moving average, 0 (none) to below 1. */
  readonly smoothing?: number;
  /** Charts with the same key share their crosshair. */
  readonly syncKey?: string;
  /** The stretch shown; null: everything. Without it the chart keeps its own. */
  readonly range?: ChartRange | null;
  /** The user zoomed (null: back to everything); the page reads the series anew for that stretch, and the old curve stays until then. */
  readonly onZoom?: (range: ChartRange | null) => void;
  readonly onCursor?: (cursor: ChartCursor | null) => void;
  /** Shown behind values: `%`, `GiB`. */
  readonly unit?: string;
  /** Buttons of the title line. */
  readonly actions?: ReactNode;
  /** Further items of the chart's menu: Menu.Item elements. */
  readonly menuItems?: ReactNode;
}

const NO_MARKS: readonly ChartMark[] = [];

/** Draws `series`. Cheap to render with new columns at each frame. */
export function SeriesChart(props: SeriesChartProps): ReactElement {
  const { series, xAxis, title, height, syncKey, onCursor, actions, menuItems } = props;
  const { marks = NO_MARKS, logX = false, logY = false, smoothing = 0, unit = '' } = props;
  const { hidden, shown, toggle, only } = useHidden(series);
  const zoom = useZoom(props);
  const { range, zoomTo } = zoom;
  const scene = useMemo(
    () => makeScene({ series: shown, axis: xAxis, marks, logX, logY, smoothing, range }),
    [shown, xAxis, marks, logX, logY, smoothing, range],
  );
  const [cursors] = useState(() => new CursorStore());
  const [isTable, setTable] = useState(false);
  const [width, setWidth] = useState(0);
  const [figure, setFigure] = useState<HTMLElement | null>(null);
  const drawn = useRef(scene);
  useEffect(() => {
    drawn.current = scene;
  }, [scene]);
  const download = useCallback(
    (kind: 'png' | 'svg' | 'csv') => figure !== null && downloadChart(kind, { title, scene: drawn.current, unit, figure }),
    [figure, title, unit],
  );
  return (
    <figure className={classes.chart} ref={setFigure} aria-label={title}>
      <ChartHead {...{ title, unit, actions, menuItems, isTable, setTable, download }} />
      <ChartLegend series={series} hidden={hidden} onToggle={toggle} onOnly={only} cursors={cursors} unit={unit} />
      {isTable ? (
        <ChartTable title={title} series={shown} axis={xAxis} height={height} unit={unit} />
      ) : (
        <ChartPlot {...{ scene, title, height, syncKey, zoom, cursors, onCursor, unit }} onWidth={setWidth} />
      )}
      <ChartFoot counts={scene.counts} width={width} isZoomed={range !== null} onReset={() => zoomTo(null)} />
      <ChartCaption title={title} series={shown} unit={unit} />
    </figure>
  );
}

interface ChartHeadProps extends Pick<SeriesChartProps, 'title' | 'actions' | 'menuItems'> {
  readonly unit: string;
  readonly isTable: boolean;
  readonly setTable: (isTable: boolean) => void;
  readonly download: (kind: 'png' | 'svg' | 'csv') => void;
}

/** Not rendered again for each value that comes in, nor for a zoom. */
const ChartHead = memo(({ title, unit, actions, menuItems, isTable, setTable, download }: ChartHeadProps) => (
  <div className={classes.head}>
    <h3 className={classes.title} title={title}>
      {title} {unit !== '' && <span className={classes.unit}>({unit})</span>}
    </h3>
    {actions}
    <ChartMenu title={title} isTable={isTable} onTable={() => setTable(!isTable)} onDownload={download}>
      {menuItems}
    </ChartMenu>
  </div>
));

interface ChartCaptionProps {
  readonly title: string;
  readonly series: readonly ChartSeries[];
  readonly unit: string;
}

const ChartCaption = memo(({ title, series, unit }: ChartCaptionProps) => (
  <figcaption className={classes.hidden}>{sayChart(title, series, unit)}</figcaption>
));
