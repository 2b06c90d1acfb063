// Many metrics of many runs in one question to the store.

import { XTrackError } from '../../protocol/errors.js';
import type { RunRecord, SeriesData, StoreReader } from '../../storage/store.js';
import { idOf, type Run } from '../run.js';
import type { AggregatedSeries } from './aggregate.js';
import { askedMetric, type MetricQuestion } from './metrics.js';

/** One metric of one run, among many. */
export interface ManyMetricsQuestion extends MetricQuestion {
  readonly run: Run | string;
  readonly key: string;
}

/** The series of each question in turn; none for a metric or a run that is not there. `look` finds a run, or throws XT_RUN_NOT_FOUND. */
export async function* readMany(
  reader: Pick<StoreReader, 'readManySeries'>,
  questions: readonly ManyMetricsQuestion[],
  look: (run: Run | string) => Promise<RunRecord>,
): AsyncGenerator<SeriesData[] | AggregatedSeries[]> {
  const looks = new Map<string, Promise<RunRecord | undefined>>();
  const lookOnce = (run: Run | string): Promise<RunRecord | undefined> => {
    const found = looks.get(idOf(run)) ?? look(run).catch(unlessNotFound);
    looks.set(idOf(run), found);
    return found;
  };
  const records = await Promise.all(questions.map(({ run }) => lookOnce(run)));
  const asked = questions.map(({ run: _, key, ...options }, at) => {
    const record = records[at];
    return record && askedMetric(record, key, options);
  });
  const answers = reader.readManySeries(asked.flatMap((one) => one?.query ?? []))[Symbol.asyncIterator]();
  try {
    for (const one of asked) yield one === undefined ? [] : one.finish((await answers.next()).value ?? []);
  } finally {
    await answers.return?.();
  }
}

function unlessNotFound(error: unknown): undefined {
  if (error instanceof XTrackError && error.code === 'XT_RUN_NOT_FOUND') return undefined;
  throw error;
}
