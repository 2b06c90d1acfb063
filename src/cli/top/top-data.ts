// Which runs the page shows, read from the store as it is now: that works whichever process has them.

import type { LogEntry, Run, XTrack } from '../../index.js';
import { isFinal } from '../../protocol/events.js';
import { LIVE_STATUSES } from '../../runtime/run-state.js';
import type { AnySeries } from '../metric-picture.js';
import { TopRun } from './top-run.js';

/** Live runs, and runs that are over, at most. */
const MOST_LIVE = 200;
const MOST_ENDED = 50;
/** Runs of which the metrics are read: what the largest screen shows. */
const MOST_READ = 60;
/** Of the page of one run. */
const CHARTS = 4;
const LOG_LINES = 50;

export const SORTS = ['newest', 'name', 'status', 'progress', 'left'] as const;
export type Sort = (typeof SORTS)[number];

/** What the page of one run shows beside its row. */
export interface TopDetails {
  readonly runId: string;
  readonly charts: readonly (readonly AnySeries[])[];
  readonly logs: readonly LogEntry[];
  readonly knobs: readonly string[];
}

type Reader = Pick<XTrack, 'search' | 'searchRuns' | 'listSeries' | 'getMetrics' | 'getLogs' | 'getKnobs'>;

export class TopData {
  readonly #reader: Reader;
  readonly #wanted: readonly string[];
  readonly #known = new Map<string, TopRun>();

  /** `wanted`: names of metrics; none: those that tell most. */
  constructor(reader: Reader, wanted: readonly string[]) {
    this.#reader = reader;
    this.#wanted = wanted;
  }

  /** The runs that a search finds (empty: live ones and the newest that are over), in order. Errors: XT_SEARCH. */
  async read(filter: string, sort: Sort): Promise<TopRun[]> {
    const now = Date.now();
    const runs = await this.#find(filter);
    const rows = runs.map((run) => this.#remember(run, now));
    for (const runId of [...this.#known.keys()]) if (!runs.some((run) => run.runId === runId)) this.#known.delete(runId);
    const sorted = sortRows(rows, sort, now);
    await Promise.all(sorted.slice(0, MOST_READ).map((row) => row.read(this.#reader, this.#wanted, now)));
    return sorted;
  }

  /** Charts as wide as `width` cells, and the last lines, of one run. */
  async details(row: TopRun, width: number): Promise<TopDetails> {
    const { runId } = row.run;
    const keys = [...new Set(row.metrics.map(({ series }) => series.key))].slice(0, CHARTS);
    const read = async (key: string): Promise<readonly AnySeries[]> => {
      const stepped = row.metrics.some(({ series }) => series.key === key && series.last.step !== null);
      return await this.#reader.getMetrics(runId, key, { by: stepped ? 'step' : 'relative', maxPoints: Math.max(2, width * 2) });
    };
    const charts = await Promise.all(keys.map(read));
    const logs = await this.#reader.getLogs(runId, { newest: true, limit: LOG_LINES });
    const knobs = (await this.#reader.getKnobs(runId)).map(({ name, value }) => `${name} ${JSON.stringify(value)}`);
    return { runId, charts, logs, knobs };
  }

  async #find(filter: string): Promise<Run[]> {
    if (filter !== '') return (await this.#reader.search(filter, { limit: MOST_LIVE })).runs;
    const live = await this.#reader.searchRuns({ status: LIVE_STATUSES, limit: MOST_LIVE });
    const newest = await this.#reader.searchRuns({ limit: MOST_ENDED });
    // The newest may have ended, or begun, between the two.
    const seen = new Set(live.map(({ runId }) => runId));
    return [...live, ...newest.filter(({ runId }) => !seen.has(runId))];
  }

  #remember(run: Run, now: number): TopRun {
    const row = this.#known.get(run.runId) ?? new TopRun(run);
    this.#known.set(run.runId, row);
    row.update(run, now);
    return row;
  }
}

/** Live runs first, whatever the order within. */
function sortRows(rows: readonly TopRun[], sort: Sort, now: number): TopRun[] {
  const before: Record<Sort, (a: TopRun, b: TopRun) => number> = {
    newest: (a, b) => Date.parse(b.run.createdAt) - Date.parse(a.run.createdAt),
    name: (a, b) => a.name.localeCompare(b.name),
    status: (a, b) => a.run.status.localeCompare(b.run.status),
    progress: (a, b) => (b.fraction ?? -1) - (a.fraction ?? -1),
    left: (a, b) => (a.remaining(now) ?? Number.MAX_VALUE) - (b.remaining(now) ?? Number.MAX_VALUE),
  };
  return rows.toSorted((a, b) => Number(isFinal(a.run.status)) - Number(isFinal(b.run.status)) || before[sort](a, b));
}
