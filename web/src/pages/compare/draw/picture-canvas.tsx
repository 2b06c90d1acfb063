// A picture on the page: painted sharp, heard as one sentence, and walked through with the arrow keys.

import { type KeyboardEvent, type ReactElement, type ReactNode, useEffect, useRef } from 'react';
import { CanvasSurface } from '../../../charts/plot/surface';
import classes from '../compare.module.css';
import { type Picture, type Place, paintingOf } from './shapes';

interface PictureCanvasProps {
  readonly picture: Picture;
  /** What it shows, in words. */
  readonly label: string;
  /** Null: the pointer left. */
  readonly onPoint?: (at: Place | null) => void;
  readonly onClick?: (at: Place) => void;
  /** Arrow keys: 1 to the next run, -1 to the one before. */
  readonly onStep?: (by: number) => void;
  readonly onEnter?: () => void;
  /** What lies above the canvas. */
  readonly children?: ReactNode;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export function PictureCanvas({ picture, label, onPoint, onClick, onStep, onEnter, children }: PictureCanvasProps): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) paintOn(canvas.current, picture);
  }, [picture]);
  const press = (event: KeyboardEvent): void => {
    const by = STEPS[event.key];
    if (by !== undefined) onStep?.(by);
    else if (event.key === 'Enter') onEnter?.();
    else return;
    event.preventDefault();
  };
  return (
    <div className={classes.stage} style={{ width: picture.width, height: picture.height }}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        tabIndex={0}
        className={classes.canvas}
        onPointerMove={(event) => onPoint?.(placeIn(event))}
        onPointerLeave={() => onPoint?.(null)}
        onClick={(event) => onClick?.(placeIn(event))}
        onBlur={() => onPoint?.(null)}
        onKeyDown={press}
      />
      {children}
    </div>
  );
}

function placeIn({ clientX, clientY, currentTarget }: { clientX: number; clientY: number; currentTarget: Element }): Place {
  const { left, top } = currentTarget.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

function paintOn(canvas: HTMLCanvasElement, picture: Picture): void {
  const scale = globalThis.devicePixelRatio;
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.style.width = `${picture.width}px`;
  canvas.style.height = `${picture.height}px`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.scale(scale, scale);
  paintingOf(picture).paint(new CanvasSurface(context));
}
