// The window that a chart shows: the page's where it gives one, else the chart's own.

import { useCallback, useEffect, useRef, useState } from 'react';
import { xExtent } from './plot/scene';
import type { ChartAxis, ChartRange, ChartSeries } from './series/chart-series';
import { clamped } from './zoom';

export interface Zoom {
  /** Null: everything is shown. */
  readonly range: ChartRange | null;
  /** Everything that there is, as far as it is known. */
  readonly full: () => ChartRange;
  /** Cut to what there is. */
  readonly zoomTo: (range: ChartRange | null) => void;
}

export interface ZoomOptions {
  readonly series: readonly ChartSeries[];
  readonly xAxis: ChartAxis;
  readonly logX?: boolean;
  readonly range?: ChartRange | null;
  readonly onZoom?: (range: ChartRange | null) => void;
}

/** Before anything is known of the whole: no bound. */
const UNBOUNDED: ChartRange = { from: -Number.MAX_VALUE, to: Number.MAX_VALUE };
const UNBOUNDED_LOG: ChartRange = { from: Number.MIN_VALUE, to: Number.MAX_VALUE };

export function useZoom({ series, xAxis, logX = false, range: given, onZoom }: ZoomOptions): Zoom {
  const [own, setOwn] = useState<{ readonly axis: ChartAxis; readonly range: ChartRange } | null>(null);
  const known = useRef<{ readonly key: string; readonly extent: ChartRange } | null>(null);
  // A window of steps is none of seconds.
  const range = given === undefined ? (own?.axis === xAxis ? own.range : null) : given;
  const key = `${xAxis} ${logX}`;
  useEffect(() => {
    const extent = xExtent(series, logX);
    const before = known.current;
    if (range === null) known.current = { key, extent };
    else if (before?.key === key) {
      const { from, to } = before.extent;
      known.current = { key, extent: { from: Math.min(from, extent.from), to: Math.max(to, extent.to) } };
    } else known.current = null;
  }, [series, logX, range, key]);
  const full = useCallback(() => known.current?.extent ?? (logX ? UNBOUNDED_LOG : UNBOUNDED), [logX]);
  const zoomTo = useCallback(
    (wanted: ChartRange | null) => {
      const next = wanted === null ? null : clamped(wanted, full());
      if (given === undefined) setOwn(next === null ? null : { axis: xAxis, range: next });
      onZoom?.(next);
    },
    [given, onZoom, full, xAxis],
  );
  return { range, full, zoomTo };
}
