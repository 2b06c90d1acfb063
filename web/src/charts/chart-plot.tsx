// The drawing itself with what lies over it: marks, crosshair, tooltip; and the keys that zoom it.

import { type KeyboardEvent, type ReactElement, useEffect } from 'react';
import classes from './chart.module.css';
import { ChartCursorLayer } from './chart-cursor-layer';
import { ChartMarks } from './chart-marks';
import type { CursorStore } from './cursor-store';
import type { Scene } from './plot/scene';
import { usePlot } from './plot/use-plot';
import type { ChartCursor } from './series/chart-series';
import type { Zoom } from './use-zoom';
import { zoomed, zoomKey } from './zoom';

export interface ChartPlotProps {
  readonly scene: Scene;
  readonly title: string;
  readonly height: number;
  readonly syncKey: string | undefined;
  readonly zoom: Zoom;
  readonly cursors: CursorStore;
  readonly onCursor: ((cursor: ChartCursor | null) => void) | undefined;
  readonly unit: string;
  /** Pixels between the axes, whenever they change. */
  readonly onWidth: (width: number) => void;
}

export function ChartPlot({ scene, title, height, syncKey, zoom, cursors, onCursor, unit, onWidth }: ChartPlotProps): ReactElement {
  const { root, frame } = usePlot({ scene, height, syncKey, zoom, cursors, onCursor });
  const width = frame?.width ?? 0;
  useEffect(() => onWidth(width), [onWidth, width]);
  const press = (event: KeyboardEvent): void => {
    const action = zoomKey(event.key);
    if (action === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    zoom.zoomTo(zoomed(action, scene.x, zoom.full(), scene.logX));
  };
  return (
    <div
      className={classes.plot}
      role="application"
      aria-label={`${title}, zoom with + − ← → 0`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is zoomed with the keyboard
      tabIndex={0}
      onKeyDown={press}
    >
      <div className={classes.root} ref={root} style={{ height }} />
      {frame !== null && <ChartMarks scene={scene} frame={frame} />}
      {frame !== null && <ChartCursorLayer scene={scene} frame={frame} cursors={cursors} unit={unit} />}
    </div>
  );
}
