// One uPlot: it holds the scales, axes, selection and the shared crosshair. The curves are painted from each series' own columns, so
// that a hundred series with different places need no common table.

import uPlot from 'uplot';
import { paintCurves } from './paint-curves';
import type { Frame } from './projection';
import type { Scene } from './scene';
import { CanvasSurface, FONT } from './surface';
import { type Tick, ticksOf } from './ticks';

/** Colours of what is no curve. */
export interface Ink {
  readonly text: string;
  readonly grid: string;
  readonly mark: string;
  readonly paper: string;
}

/** Where the crosshair is; pixels from the plot's upper left corner. */
export interface PlotCursor {
  readonly left: number;
  readonly top: number;
  readonly x: number;
  /** False where another chart of the page leads it. */
  readonly isOwn: boolean;
}

export interface PlotEvents {
  readonly onSelect: (from: number, to: number) => void;
  readonly onReset: () => void;
  readonly onCursor: (cursor: PlotCursor | null) => void;
  /** The place of the plot between its axes changed. */
  readonly onFrame: (frame: Frame) => void;
}

export interface PlotOptions {
  readonly scene: Scene;
  readonly ink: Ink;
  readonly width: number;
  readonly height: number;
  readonly syncKey: string | undefined;
  readonly events: PlotEvents;
}

/** Pixels that a label and its distance to the next need. */
const X_SPACE = { time: 100, shortTime: 136, other: 72 } as const;
/** s below which the labels of a clock have milliseconds. */
const SHORT_S = 10;
const Y_SPACE = 30;
/** px of a character of a label. */
const CHARACTER = 7;
/** px right of the plot, at least; and of the labels at its left, about. */
const LEAST_ROOM = 10;
const BESIDE_PLOT = 60;
/** px above the plot: the icons of marks, which would else lie on a curve at its top. */
const ROOM_FOR_MARKS = 19;
/** A drag shorter than this is a click. */
const DRAG_PX = 6;
const LOGARITHMIC = 3;
const LINEAR = 1;

export class Plot {
  readonly #u: uPlot;
  readonly #events: PlotEvents;
  readonly #ink: Ink;
  #scene: Scene;
  #frame: Frame = { left: 0, top: 0, width: 0, height: 0 };
  /** True while point() runs: uPlot has no event then. */
  #isPointing = false;
  /** Of the frame in which the scene is drawn; 0: it is. */
  #awaited = 0;

  constructor(root: HTMLElement, options: PlotOptions) {
    this.#scene = options.scene;
    this.#events = options.events;
    this.#ink = options.ink;
    this.#u = new uPlot(this.#config(options), this.#limits(), root);
  }

  /** Where the pointer acts. */
  get over(): HTMLElement {
    return this.#u.over;
  }

  get canvas(): HTMLCanvasElement {
    return this.#u.ctx.canvas;
  }

  /** Draws another scene with the next frame; whether its axes are logarithmic, and which axis it is, must be as before. */
  show(scene: Scene): void {
    this.#scene = scene;
    if (this.#awaited === 0) this.#awaited = requestAnimationFrame(this.#drawScene);
  }

  resize(width: number, height: number): void {
    if (this.#u.width !== width || this.#u.height !== height) this.#u.setSize({ width, height });
  }

  /** Moves the crosshair to a pixel of the plot, for pointers that are no mouse; null takes it away. */
  point(place: { readonly left: number; readonly top: number } | null): void {
    this.#isPointing = true;
    this.#u.setCursor(place === null ? { left: -10, top: -10 } : { ...place }, true);
    this.#isPointing = false;
  }

  destroy(): void {
    cancelAnimationFrame(this.#awaited);
    this.#u.destroy();
  }

  readonly #drawScene = (): void => {
    this.#awaited = 0;
    const { x, y } = this.#scene;
    this.#u.batch(() => {
      this.#u.setData(this.#limits(), false);
      this.#u.setScale('x', { min: x.from, max: x.to });
      this.#u.setScale('y', { min: y.from, max: y.to });
    });
  };

  #limits(): uPlot.AlignedData {
    const { x } = this.#scene;
    return [
      [x.from, x.to],
      [null, null],
    ];
  }

  #config({ scene, width, height, syncKey }: PlotOptions): uPlot.Options {
    const scale = (pick: (of: Scene) => { readonly from: number; readonly to: number }, isLog: boolean): uPlot.Scale => ({
      time: false,
      distr: isLog ? LOGARITHMIC : LINEAR,
      range: () => [pick(this.#scene).from, pick(this.#scene).to],
    });
    return {
      width,
      height,
      legend: { show: false },
      scales: { x: scale((of) => of.x, scene.logX), y: scale((of) => of.y, scene.logY) },
      series: [{}, { scale: 'y', points: { show: false }, paths: () => null }],
      axes: [this.#xAxis(), this.#yAxis()],
      padding: [ROOM_FOR_MARKS, (u) => this.#roomAtRight(u), 0, 0],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: DRAG_PX },
        bind: { dblclick: () => this.#reset },
        ...(syncKey !== undefined && {
          sync: { key: syncKey, scales: ['x', null] as [string, null], setSeries: false, filters: { pub: isMove, sub: isMove } },
        }),
      },
      hooks: { draw: [this.#draw], setSelect: [this.#selected], setCursor: [this.#pointed] },
    };
  }

  #xAxis(): uPlot.Axis {
    return { ...this.#axis('x', (size) => this.#xTicks(size)), size: 30, scale: 'x' };
  }

  #xTicks(size: number): Tick[] {
    const { axis, logX, x } = this.#scene;
    const space = axis !== 'time' ? X_SPACE.other : x.to - x.from < SHORT_S ? X_SPACE.shortTime : X_SPACE.time;
    return ticksOf(axis, logX, x, size / space);
  }

  /** px beside the plot: half of the last label, where its tick stands at the edge. */
  #roomAtRight(u: uPlot): number {
    const width = Math.max(1, u.width - BESIDE_PLOT);
    const { x, logX } = this.#scene;
    const last = this.#xTicks(width).at(-1);
    if (last === undefined) return LEAST_ROOM;
    const share = logX ? Math.log(x.to / last.at) / Math.log(x.to / x.from) : (x.to - last.at) / (x.to - x.from);
    return Math.max(LEAST_ROOM, Math.ceil((last.label.length * CHARACTER) / 2 - share * width));
  }

  #yAxis(): uPlot.Axis {
    const ticks = (size: number): Tick[] => ticksOf('value', this.#scene.logY, this.#scene.y, size / Y_SPACE);
    // About 7 px a digit at 12 px, and the gap to the plot.
    const size: uPlot.Axis.Size = (_u, values) => 18 + CHARACTER * Math.max(2, ...(values ?? []).map((label) => label?.length ?? 0));
    return { ...this.#axis('y', ticks), size, scale: 'y' };
  }

  #axis(key: 'x' | 'y', ticks: (size: number) => Tick[]): uPlot.Axis {
    const sizeOf = (u: uPlot): number => (key === 'x' ? u.bbox.width : u.bbox.height) / uPlot.pxRatio;
    return {
      stroke: this.#ink.text,
      grid: { stroke: this.#ink.grid, width: 1 },
      ticks: { stroke: this.#ink.grid, width: 1, size: 4 },
      font: `12px ${FONT}`,
      gap: 4,
      splits: (u) => ticks(sizeOf(u)).map(({ at }) => at),
      filter: (_u, splits) => splits,
      values: (u, splits) => {
        const labels = new Map(ticks(sizeOf(u)).map(({ at, label }) => [at, label]));
        return splits.map((at) => labels.get(at) ?? '');
      },
    };
  }

  readonly #reset = (): null => {
    this.#events.onReset();
    return null;
  };

  readonly #draw = (u: uPlot): void => {
    const ratio = uPlot.pxRatio;
    const frame = { left: u.bbox.left / ratio, top: u.bbox.top / ratio, width: u.bbox.width / ratio, height: u.bbox.height / ratio };
    u.ctx.save();
    u.ctx.scale(ratio, ratio);
    paintCurves(new CanvasSurface(u.ctx), this.#scene, frame, this.#ink.mark);
    u.ctx.restore();
    const before = this.#frame;
    if (frame.left === before.left && frame.top === before.top && frame.width === before.width && frame.height === before.height) return;
    this.#frame = frame;
    this.#events.onFrame(frame);
  };

  readonly #selected = (u: uPlot): void => {
    const { left, width } = u.select;
    if (width < DRAG_PX) return;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#events.onSelect(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
  };

  readonly #pointed = (u: uPlot): void => {
    const { left = -10, top = -10, event } = u.cursor;
    if (left < 0 || left > u.over.clientWidth) this.#events.onCursor(null);
    else this.#events.onCursor({ left, top, x: u.posToVal(left, 'x'), isOwn: event != null || this.#isPointing });
  };
}

/** Only the crosshair is shared: a selection is told to the page, which zooms them all. */
function isMove(type: string): boolean {
  return type === 'mousemove';
}
