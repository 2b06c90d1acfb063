// The reading side of a storage thread: one connection, whose reads queue up, and what they ask.

import { metricsIn } from '../../search/query.js';
import { seriesPage } from '../../thread/series-page.js';
import type { Handlers } from '../../thread/thread-worker.js';
import { backUp } from '../backup.js';
import type { Connections } from '../connections.js';
import type { Connection } from '../driver.js';
import { runBytes } from '../upkeep.js';
import { keysWithin, listExperiments } from './experiments.js';
import { breathing, ReadQueue } from './read-queue.js';
import { RecordReader } from './record-reader.js';
import { SearchReader } from './search-reader.js';
import { SeriesReader } from './series-reader.js';
import { TailsView } from './tails-view.js';

/** Reads of single runs and lists of them. */
type RecordCalls =
  | 'getRun'
  | 'findRuns'
  | 'getMarks'
  | 'getRevision'
  | 'getBuried'
  | 'getEntries'
  | 'countEntries'
  | 'getCommands'
  | 'getWarnings'
  | 'getDeadLetters';
/** Everything else that only reads. */
type OtherCalls =
  | 'search'
  | 'searchBeside'
  | 'unsettledMetrics'
  | 'listKeys'
  | 'listExperiments'
  | 'listSeries'
  | 'readSeries'
  | 'readManySeries'
  | 'readPoints'
  | 'runBytes'
  | 'readBlocks'
  | 'backup';

/** A connection whose reads wait for no long one. */
interface Quick {
  readonly connection: Connection;
  readonly queue: ReadQueue;
  readonly records: RecordReader;
}

function quickOn(connection: Connection | undefined): Quick | undefined {
  return connection && { connection, queue: new ReadQueue(connection), records: new RecordReader(connection) };
}

export class Reading {
  readonly #directory: string;
  readonly #queue: ReadQueue;
  #connection: Connection;
  #records: RecordReader;
  #series: SeriesReader;
  #searches: SearchReader;
  #quick: Quick | undefined;

  constructor(directory: string, { reader, quick, writer }: Connections) {
    this.#directory = directory;
    const tails = new TailsView(reader, (row, newest) => writer?.ingest?.tailsAt(row, newest));
    this.#connection = reader;
    this.#queue = new ReadQueue(reader);
    this.#records = new RecordReader(reader);
    this.#series = new SeriesReader(reader, tails);
    this.#searches = new SearchReader(reader, tails);
    this.#quick = quickOn(quick);
  }

  /** After the reads that are queued, those to come go to other connections. */
  async swap(open: () => Promise<Connections>): Promise<void> {
    await this.#queue.swap(async () => {
      this.#connection.close();
      const { reader, quick, writer } = await open();
      const tails = new TailsView(reader, (row, newest) => writer?.ingest?.tailsAt(row, newest));
      this.#connection = reader;
      this.#records = new RecordReader(reader);
      this.#series = new SeriesReader(reader, tails);
      this.#searches = new SearchReader(reader, tails);
      this.#quick = quickOn(quick);
      return reader;
    });
  }

  /** Resolves when nothing is queued. */
  async close(): Promise<void> {
    await this.#queue.idle();
    await this.#quick?.queue.idle();
    this.#quick?.connection.close();
    this.#connection.close();
  }

  handlers(): Required<Pick<Handlers, RecordCalls | OtherCalls>> {
    return { ...this.#ofRecords(), ...this.#ofOthers() };
  }

  #ofRecords(): Required<Pick<Handlers, RecordCalls>> {
    const queue = this.#queue;
    const quick = <T>(read: (records: RecordReader) => T): Promise<T> => {
      const { queue: own, records } = this.#quick ?? { queue, records: this.#records };
      return own.run(() => read(records));
    };
    return {
      getRun: (runId) => quick((records) => records.getRun(runId)),
      findRuns: (query) => quick((records) => records.findRuns(query)),
      getMarks: (runId) => quick((records) => records.recordsOf('marks', runId)),
      getRevision: (runId) => quick((records) => records.revision(runId)),
      getBuried: (runId) => quick((records) => records.buried(runId)),
      getEntries: (query) => queue.run((breath) => this.#records.getEntries(query, breath)),
      countEntries: (query) => queue.run((breath) => this.#records.countEntries(query, breath)),
      getCommands: (runId) => quick((records) => records.recordsOf('commands', runId)),
      getWarnings: (runId) => quick((records) => records.recordsOf('warnings', runId)),
      getDeadLetters: (runId) => quick((records) => records.deadLetters(runId)),
    };
  }

  #ofOthers(): Required<Pick<Handlers, OtherCalls>> {
    const queue = this.#queue;
    return {
      search: (query) =>
        queue.run(async (breath) => {
          const keys = metricsIn(query);
          const unsettled = keys.length === 0 ? [] : await this.#searches.unsettledMetrics(keys, breath);
          return await this.#searches.search(query, unsettled, breath);
        }),
      searchBeside: ({ query, unsettled, within }) => queue.run((breath) => this.#searches.search(query, unsettled, breath, within)),
      unsettledMetrics: (keys) => queue.run((breath) => this.#searches.unsettledMetrics(keys, breath)),
      listKeys: (experiments) =>
        queue.run(() => (experiments === null ? this.#searches.listKeys() : keysWithin(this.#connection, experiments))),
      listExperiments: () => queue.run(() => listExperiments(this.#connection)),
      listSeries: (runId) => queue.run(() => this.#series.listSeries(runId)),
      readSeries: (query) => queue.run(async (breath) => (await this.#series.readSeries([query], breath))[0] ?? []),
      // The others' reads come in between: each part takes its place in the queue anew.
      readManySeries: async (queries) => {
        const breath = breathing();
        return await seriesPage(queries, (part) => queue.run(() => this.#series.readSeries(part, breath)));
      },
      readPoints: ({ series, after }) => queue.run(() => this.#series.readPoints(series, after)),
      runBytes: (runId) => queue.run(() => runBytes(this.#connection, runId)),
      readBlocks: ({ runId, after }) => queue.run(() => this.#records.readBlocks(runId, after)),
      backup: async (file) => {
        await queue.idle();
        return void (await backUp(this.#connection, this.#directory, file));
      },
    };
  }
}
