// The stretch along an axis that takes strokes of the pointer.

import { type PointerEvent, type ReactElement, useRef, useState } from 'react';
import type { Brush } from '../brushes';
import classes from '../compare.module.css';
import { type Axis, brushBetween } from './axes';

interface BrushStripProps {
  readonly axis: Axis;
  /** px of the axis, and of its ends. */
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
  /** Null: all runs pass again. */
  readonly onBrush: (brush: Brush | null) => void;
}

/** px; less is a click. */
const DRAG_PX = 4;
/** px beyond the ends, so that a stroke can begin there. */
const BEYOND = 8;

/** For the pointer alone: the axis' settings say the same with the keyboard. */
export function BrushStrip({ axis, x, top, bottom, onBrush }: BrushStripProps): ReactElement {
  const start = useRef<number | null>(null);
  const [now, setNow] = useState<number | null>(null);
  const yOf = (event: PointerEvent): number => event.clientY - event.currentTarget.getBoundingClientRect().top - BEYOND;
  const placeOf = (y: number): number => 1 - y / (bottom - top);
  const end = (event: PointerEvent): void => {
    const from = start.current;
    if (from === null) return;
    start.current = null;
    setNow(null);
    const to = yOf(event);
    onBrush(Math.abs(to - from) < DRAG_PX ? null : brushBetween(axis, placeOf(from), placeOf(to)));
  };
  return (
    <div
      aria-hidden
      className={classes.strip}
      data-axis={axis.id}
      style={{ left: x - 14, top: top - BEYOND, height: bottom - top + 2 * BEYOND }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = yOf(event);
      }}
      onPointerMove={(event) => start.current !== null && setNow(yOf(event))}
      onPointerUp={end}
      onPointerCancel={() => {
        start.current = null;
        setNow(null);
      }}
    >
      {start.current !== null && now !== null && (
        <span className={classes.stroke} style={{ top: Math.min(start.current, now) + BEYOND, height: Math.abs(now - start.current) }} />
      )}
    </div>
  );
}
