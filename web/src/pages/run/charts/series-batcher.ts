// Charts ask one by one; the server is asked once for all that ask in the same moment and want the same resolution and window.

import { readSeries } from '../../../api/series';
import type { Series, SeriesOptions, SeriesQuery } from '../../../api/types';

interface Asked {
  readonly query: SeriesQuery;
  readonly resolve: (series: readonly Series[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly options: SeriesOptions;
  readonly asked: Asked[];
}

type Read = (queries: readonly SeriesQuery[], options: SeriesOptions) => Promise<readonly (readonly Series[])[]>;

export class SeriesBatcher {
  readonly #read: Read;
  #batches = new Map<string, Batch>();
  #isScheduled = false;

  constructor(read: Read = readSeries) {
    this.#read = read;
  }

  /** The series of one metric; empty where there is none. Errors: ApiError. */
  async load(query: SeriesQuery, options: SeriesOptions): Promise<readonly Series[]> {
    return await new Promise((resolve, reject) => {
      const name = JSON.stringify(options);
      const batch = this.#batches.get(name) ?? { options, asked: [] };
      this.#batches.set(name, batch);
      batch.asked.push({ query, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // The charts that are rendered together ask within one task.
      queueMicrotask(() => this.#send());
    });
  }

  #send(): void {
    const batches = this.#batches;
    this.#batches = new Map();
    this.#isScheduled = false;
    for (const { options, asked } of batches.values()) {
      this.#read(
        asked.map(({ query }) => query),
        options,
      ).then(
        (answers) => {
          for (const [at, { resolve }] of asked.entries()) resolve(answers[at] ?? []);
        },
        (error: unknown) => {
          for (const { reject } of asked) reject(error);
        },
      );
    }
  }
}
