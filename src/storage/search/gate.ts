// How many searches a database answers at once: the others wait a moment for their turn, and hear then that there is none.

import { XTrackError } from '../../protocol/errors.js';

/** Searches side by side. */
const PLACES = 2;
/** A search that has not begun after so long (ms) is refused: whoever asks hears within about a second. */
export const WAIT_MS = 900;

/** What a search hears that had no turn, or too little time of one. */
export function searchesBusy(): XTrackError {
  return new XTrackError('XT_SEARCH_BUSY', { detail: 'other searches took the time of this one' });
}

export class SearchGate {
  #free = PLACES;
  readonly #waiting = new Set<() => void>();

  /** Does `search` when it is its turn. Throws XT_SEARCH_BUSY where that does not come soon, and what `search` throws. */
  async pass<T>(search: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn();
    try {
      return await search();
    } finally {
      this.#next();
    }
  }

  async #turn(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(begin);
        reject(searchesBusy());
      }, WAIT_MS);
      this.#waiting.add(begin);
    });
  }

  #next(): void {
    for (const begin of this.#waiting) {
      this.#waiting.delete(begin);
      begin();
      return;
    }
    this.#free += 1;
  }
}
