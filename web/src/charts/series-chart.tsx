// The chart of XTrack: curves with their envelopes along an axis, with zoom, crosshair, marks, legend and a table for those who cannot see it.

import 'uplot/dist/uPlot.min.css';
import { ActionIcon, Menu } from '@mantine/core';
import { memo, type ReactElement, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { plural } from '../components/format';
import classes from './chart.module.css';
import { ChartLegend } from './chart-legend';
import { ChartPlot } from './chart-plot';
import { ChartTable } from './chart-table';
import { CursorStore } from './cursor-store';
import { paintPicture } from './plot/paint-picture';
import { makeScene, type Scene, type SceneCounts } from './plot/scene';
import { inkOf } from './plot/use-plot';
import { sayChart } from './plot/values';
import { seriesCsv } from './save/csv';
import { downloadCsv, downloadPng, downloadSvg } from './save/export';
import type { ChartAxis, ChartCursor, ChartMark, ChartRange, ChartSeries } from './series/chart-series';
import { useZoom } from './use-zoom';

interface DownloadedChart {
  readonly title: string;
  readonly scene: Scene;
  readonly unit: string;
  /** Gives the colours of its theme. */
  readonly figure: Element;
}

/** Pixels of a picture. */
const SIZE = { width: 1_000, height: 520 } as const;

function downloadChart(kind: 'png' | 'svg' | 'csv', { title, scene, unit, figure }: DownloadedChart): void {
  if (kind === 'csv') {
    const series = scene.curves.map((curve) => curve.series);
    downloadCsv(title, seriesCsv(series, scene.axis));
    return;
  }
  const ink = inkOf(figure);
  const painting = {
    ...SIZE,
    paint: (surface: Parameters<typeof paintPicture>[0]) => paintPicture(surface, { ...SIZE, title, scene, unit, ink }),
  };
  if (kind === 'svg') downloadSvg(title, painting);
  else void downloadPng(title, painting);
}

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
  /** The y axis is of 98 % of the values. */
  readonly ignoreOutliers?: boolean;
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
  const { marks = NO_MARKS, logX = false, logY = false, smoothing = 0, unit = '', ignoreOutliers = false } = props;
  const { hidden, shown, toggle, only } = useHidden(series);
  const zoom = useZoom(props);
  const { range, zoomTo } = zoom;
  const scene = useMemo(
    () => makeScene({ series: shown, axis: xAxis, marks, logX, logY, smoothing, range, ignoreOutliers }),
    [shown, xAxis, marks, logX, logY, smoothing, range, ignoreOutliers],
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
      <ChartFoot counts={scene.counts} axis={scene.axis} width={width} isZoomed={range !== null} onReset={() => zoomTo(null)} />
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

interface ChartFootProps {
  readonly counts: SceneCounts;
  readonly axis: ChartAxis;
  /** Pixels of the plot; 0: not drawn yet. */
  readonly width: number;
  readonly isZoomed: boolean;
  readonly onReset: () => void;
}

const UNPLACED: Readonly<Record<ChartAxis, string>> = { step: 'a step', epoch: 'an epoch', time: 'a time', relative: 'a time' };

function ChartFoot({ counts, axis, width, isZoomed, onReset }: ChartFootProps): ReactElement {
  const { points, drawn, nonFinite, offScale, unplaced } = counts;
  const say = (count: number): string => count.toLocaleString('en');
  return (
    <div className={classes.foot}>
      <span>
        {points > drawn && width > 0 ? `${plural(points, 'point')} behind ${say(Math.round(width))} pixels` : plural(points, 'point')}
      </span>
      {unplaced > 0 && (
        <span className={classes.warn}>
          {say(unplaced)} without {UNPLACED[axis]}
        </span>
      )}
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

interface ChartMenuProps {
  readonly title: string;
  readonly isTable: boolean;
  readonly onTable: () => void;
  readonly onDownload: (kind: 'png' | 'svg' | 'csv') => void;
  readonly children?: ReactNode;
}

function ChartMenu({ title, isTable, onTable, onDownload, children }: ChartMenuProps): ReactElement {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Menu of ${title}`}>
          <span aria-hidden="true">⋯</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {children}
        <Menu.Item onClick={onTable}>{isTable ? 'Show as chart' : 'Show as table'}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => onDownload('png')}>Download PNG</Menu.Item>
        <Menu.Item onClick={() => onDownload('svg')}>Download SVG</Menu.Item>
        <Menu.Item onClick={() => onDownload('csv')}>Download CSV</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export interface Hidden {
  readonly hidden: ReadonlySet<string>;
  readonly shown: readonly ChartSeries[];
  readonly toggle: (id: string) => void;
  /** Shows this one alone; all of them where it is alone already. */
  readonly only: (id: string) => void;
}

function useHidden(series: readonly ChartSeries[]): Hidden {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => (hidden.size === 0 ? series : series.filter(({ id }) => !hidden.has(id))), [series, hidden]);
  const toggle = useCallback((id: string) => {
    setHidden((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const only = useCallback(
    (id: string) => {
      const others = series.flatMap((one) => (one.id === id ? [] : one.id));
      setHidden((before) => (!before.has(id) && others.every((other) => before.has(other)) ? new Set() : new Set(others)));
    },
    [series],
  );
  return { hidden, shown, toggle, only };
}
