// Where the crosshair is, for the small parts of a chart that follow it, so that the chart itself is not rendered at each move.

import type { PlotCursor } from './plot/plot';

export class CursorStore {
  #cursor: PlotCursor | null = null;
  readonly #listeners = new Set<() => void>();

  readonly get = (): PlotCursor | null => this.#cursor;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  set(cursor: PlotCursor | null): void {
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    for (const listener of this.#listeners) listener();
  }
}
