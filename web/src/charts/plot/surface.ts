// What curves are painted on: the canvas of a chart, a picture to download, or an SVG document.

import type { Pen } from './curve-path';

export interface LineStyle {
  readonly colour: string;
  /** Pixels. */
  readonly width: number;
  readonly dash?: readonly number[];
  /** 0 … 1. */
  readonly alpha?: number;
}

export interface FillStyle {
  readonly colour: string;
  readonly alpha?: number;
}

export interface TextStyle {
  readonly colour: string;
  /** Pixels. */
  readonly size: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
}

export interface Surface {
  stroke(trace: (pen: Pen) => void, style: LineStyle): void;
  fill(trace: (pen: Pen) => void, style: FillStyle): void;
  /** `y`: the baseline. */
  text(x: number, y: number, text: string, style: TextStyle): void;
  /** Paints only inside the box until the returned function is called. */
  clip(left: number, top: number, width: number, height: number): () => void;
}

/** Fonts that every system has: pictures must look the same where they are opened. */
export const FONT = 'system-ui, sans-serif';

export class CanvasSurface implements Surface {
  readonly #context: CanvasRenderingContext2D;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  stroke(trace: (pen: Pen) => void, { colour, width, dash, alpha }: LineStyle): void {
    const context = this.#context;
    const path = new Path2D();
    trace(path);
    context.globalAlpha = alpha ?? 1;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineJoin = 'round';
    context.setLineDash([...(dash ?? [])]);
    context.stroke(path);
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  fill(trace: (pen: Pen) => void, { colour, alpha }: FillStyle): void {
    const path = new Path2D();
    trace(path);
    this.#context.globalAlpha = alpha ?? 1;
    this.#context.fillStyle = colour;
    this.#context.fill(path);
    this.#context.globalAlpha = 1;
  }

  text(x: number, y: number, text: string, { colour, size, anchor, bold }: TextStyle): void {
    this.#context.font = `${bold ? '600 ' : ''}${size}px ${FONT}`;
    this.#context.textAlign = anchor === 'middle' ? 'center' : anchor;
    this.#context.textBaseline = 'alphabetic';
    this.#context.fillStyle = colour;
    this.#context.fillText(text, x, y);
  }

  clip(left: number, top: number, width: number, height: number): () => void {
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(left, top, width, height);
    this.#context.clip();
    return () => this.#context.restore();
  }
}
