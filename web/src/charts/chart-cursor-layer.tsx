// What follows the crosshair: a dot on each curve, and beside the pointer the values at its place.

import { type ReactElement, useSyncExternalStore } from 'react';
import classes from './chart.module.css';
import type { CursorStore } from './cursor-store';
import { type Frame, projectionOf } from './plot/projection';
import type { Curve, Scene } from './plot/scene';
import { formatPlace, formatValue, type Reading, readingAt } from './plot/values';

export interface ChartCursorLayerProps {
  readonly scene: Scene;
  readonly frame: Frame;
  readonly cursors: CursorStore;
  readonly unit: string;
}

interface Pointed {
  readonly curve: Curve;
  readonly reading: Reading;
  /** Pixels inside the plot. */
  readonly left: number;
  readonly top: number;
}

/** More values than these are not read at a glance: the ones nearest to the pointer are shown. */
const MOST_ROWS = 12;
/** px: a curve whose next point lies further away has nothing at the crosshair. */
const REACH = 32;
const OFFSET = 14;
const WIDEST = 340;

export function ChartCursorLayer({ scene, frame, cursors, unit }: ChartCursorLayerProps): ReactElement | null {
  const cursor = useSyncExternalStore(cursors.subscribe, cursors.get);
  if (cursor === null) return null;
  const pointed = pointedAt(scene, frame, cursor.x, cursor.left);
  const box = { left: frame.left, top: frame.top, width: frame.width, height: frame.height };
  return (
    <div className={classes.overlay} style={box} aria-hidden="true">
      {pointed
        .slice(0, 60)
        .map(({ curve, left, top }) =>
          Number.isFinite(top) ? (
            <span key={curve.series.id} className={classes.dot} style={{ left, top, background: curve.series.colour }} />
          ) : null,
        )}
      {cursor.isOwn && pointed.length > 0 && (
        <CursorTooltip scene={scene} pointed={nearestTo(pointed, cursor.top)} cursor={cursor} width={frame.width} unit={unit} />
      )}
    </div>
  );
}

function pointedAt(scene: Scene, frame: Frame, x: number, left: number): Pointed[] {
  const to = projectionOf(scene, { ...frame, left: 0, top: 0 });
  return scene.curves.flatMap((curve) => {
    const reading = readingAt(curve.series, x);
    if (reading === null) return [];
    const place = to.x(reading.x);
    if (!(Math.abs(place - left) <= REACH)) return [];
    const top = to.y(curve.line[reading.at] as number);
    return [{ curve, reading, left: place, top }];
  });
}

function nearestTo(pointed: readonly Pointed[], top: number): Pointed[] {
  const away = (one: Pointed): number => (Number.isFinite(one.top) ? Math.abs(one.top - top) : Number.MAX_VALUE);
  return pointed.length <= 1 ? [...pointed] : [...pointed].sort((a, b) => away(a) - away(b));
}

interface CursorTooltipProps {
  readonly scene: Scene;
  readonly pointed: readonly Pointed[];
  readonly cursor: { readonly left: number; readonly top: number };
  readonly width: number;
  readonly unit: string;
}

function CursorTooltip({ scene, pointed, cursor, width, unit }: CursorTooltipProps): ReactElement {
  const [first] = pointed;
  const side = cursor.left > width / 2 ? { right: width - cursor.left + OFFSET } : { left: cursor.left + OFFSET };
  const maxWidth = Math.min(WIDEST, Math.max(cursor.left, width - cursor.left) - OFFSET);
  return (
    <div className={classes.tooltip} style={{ ...side, top: 4, maxWidth }}>
      <div className={classes.place}>{formatPlace(first?.reading.x ?? 0, scene.axis, first?.reading.steps)}</div>
      {pointed.slice(0, MOST_ROWS).map(({ curve, reading }) => (
        <TooltipRow key={curve.series.id} curve={curve} reading={reading} isSmoothed={scene.isSmoothed} unit={unit} />
      ))}
      {pointed.length > MOST_ROWS && <div className={classes.spread}>and {pointed.length - MOST_ROWS} more</div>}
    </div>
  );
}

interface TooltipRowProps {
  readonly curve: Curve;
  readonly reading: Reading;
  readonly isSmoothed: boolean;
  readonly unit: string;
}

function TooltipRow({ curve, reading, isSmoothed, unit }: TooltipRowProps): ReactElement {
  const { spread, count, value, at } = reading;
  return (
    <div className={classes.reading}>
      <span
        className={classes.swatch}
        data-dashed={curve.series.dashed === true ? '' : undefined}
        style={{ borderTopColor: curve.series.colour }}
      />
      <span className={classes.label}>{curve.series.label}</span>
      <span className={classes.value}>{formatValue(value, unit)}</span>
      {isSmoothed && <span className={classes.spread}>~{formatValue(curve.line[at] as number)}</span>}
      {spread !== null && (
        <span className={classes.spread}>
          {formatValue(spread[0])} … {formatValue(spread[1])}
          {count > 1 && ` of ${count.toLocaleString('en')}`}
        </span>
      )}
    </div>
  );
}
