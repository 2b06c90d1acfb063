// Keeps one Plot on the page: made anew when its axes change, else only given the next scene and size.

import { useComputedColorScheme } from '@mantine/core';
import { type RefObject, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import type { CursorStore } from '../cursor-store';
import { listenToTouch, pinched } from '../touch';
import type { Zoom } from '../use-zoom';
import { type Ink, Plot, type PlotCursor } from './plot';
import { type Frame, valueAt } from './projection';
import type { Scene } from './scene';

export interface PlotUse {
  readonly scene: Scene;
  readonly height: number;
  readonly syncKey: string | undefined;
  readonly zoom: Zoom;
  readonly cursors: CursorStore;
  readonly onCursor: ((cursor: PlotCursor | null) => void) | undefined;
}

export interface UsedPlot {
  /** Of the element that the plot is put into. */
  readonly root: RefObject<HTMLDivElement | null>;
  /** Null before the first drawing. */
  readonly frame: Frame | null;
}

export function usePlot({ scene, height, syncKey, zoom, cursors, onCursor }: PlotUse): UsedPlot {
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [frame, setFrame] = useState<Frame | null>(null);
  const scheme = useComputedColorScheme('light');
  const { axis, logX, logY } = scene;
  const make = useEffectEvent((element: HTMLDivElement) => {
    const events = { onSelect: select, onReset: reset, onCursor: point, onFrame: setFrame };
    return new Plot(element, { scene, ink: inkOf(element), width: widthOf(element), height, syncKey, events });
  });
  const select = useEffectEvent((from: number, to: number) => zoom.zoomTo({ from, to }));
  const reset = useEffectEvent(() => zoom.zoomTo(null));
  const point = useEffectEvent((cursor: PlotCursor | null) => {
    cursors.set(cursor);
    onCursor?.(cursor);
  });
  const touch = useEffectEvent((made: Plot) => {
    let { x: start, logX: isLog } = scene;
    return listenToTouch(made.over, {
      onPoint: (place) => made.point(place),
      onPinchStart: () => {
        [start, isLog] = [sceneNow().x, sceneNow().logX];
        made.point(null);
      },
      onPinch: (from, to) => {
        const share = pinched(from, to);
        zoomNow({ from: valueAt(start, isLog, share.from), to: valueAt(start, isLog, share.to) });
      },
      onDoubleTap: reset,
    });
  });
  const sceneNow = useEffectEvent(() => scene);
  const zoomNow = useEffectEvent(zoom.zoomTo);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of any of these needs another uPlot
  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    const made = make(element);
    plot.current = made;
    const leaveTouch = touch(made);
    const observer = new ResizeObserver(() => made.resize(widthOf(element), made.canvas.clientHeight));
    observer.observe(element);
    return () => {
      observer.disconnect();
      leaveTouch();
      made.destroy();
      plot.current = null;
      cursors.set(null);
    };
  }, [axis, logX, logY, syncKey, scheme, cursors]);
  // With the commit, not after it: the frame that shows the new legend shows the new curve too.
  useLayoutEffect(() => plot.current?.show(scene), [scene]);
  useEffect(() => {
    if (root.current !== null) plot.current?.resize(widthOf(root.current), height);
  }, [height]);
  return { root, frame };
}

/** px; a chart in a hidden place has some width too, so that it can be made. */
function widthOf(element: HTMLElement): number {
  return Math.max(120, Math.floor(element.clientWidth));
}

/** The theme's colours, as the style sheet gives them to the element. */
export function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const colour = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  return {
    text: colour('--chart-text', '#495057'),
    grid: colour('--chart-grid', '#e9ecef'),
    mark: colour('--chart-mark', '#868e96'),
    paper: colour('--chart-paper', '#ffffff'),
  };
}
