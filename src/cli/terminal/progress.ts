// How far a run is, and when it will be done.

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** Samples that the speed is taken over: old ones go, so that a slow start is forgotten. */
const WINDOW = 32;

/** A bar of exactly `width` cells, filled in eighths of a cell. */
export function progressBar(fraction: number, width: number): string {
  const cells = Math.max(0, Math.min(1, Number.isFinite(fraction) ? fraction : 0)) * width;
  const full = Math.floor(cells);
  const part = full < width ? (EIGHTHS[Math.floor((cells - full) * 8)] as string) : '';
  return '█'.repeat(full) + part + '░'.repeat(width - full - (part === '' ? 0 : 1));
}

/** Estimates the time left from the recent speed. */
export class RemainingTime {
  readonly #samples: { at: number; current: number }[] = [];

  /** Notes the work done at a time in milliseconds; work that goes backwards (a restart) starts the estimate anew. */
  sample(current: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && current < last.current) this.#samples.length = 0;
    if (last !== undefined && current === last.current) return;
    this.#samples.push({ at, current });
    if (this.#samples.length > WINDOW) this.#samples.shift();
  }

  /** Milliseconds until `total`; undefined while there is no speed to tell it from. */
  estimate(total: number, now: number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.current >= total) return undefined;
    const speed = (last.current - first.current) / (last.at - first.at);
    if (!(speed > 0) || !Number.isFinite(speed)) return undefined;
    return Math.max(0, (total - last.current) / speed - (now - last.at));
  }
}
