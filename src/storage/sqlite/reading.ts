// The reading side of a storage thread: one connection, whose reads queue up, and what they ask.

import { metricsIn } from '../search/query.js';
import type { Handlers } from '../thread-worker.js';
import { backUp } from './backup.js';
import type { Connections } from './connections.js';
import type { Connection } from './driver.js';
import { keysWithin, listExperiments } from './experiments.js';
import { ReadQueue } from './read-queue.js';
import { RecordReader } from './record-reader.js';
import { SearchReader } from './search-reader.js';
import { SeriesReader } from './series-reader.js';
import { TailsView } from './tails-view.js';
import { runBytes } from './upkeep.js';

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
  | 'readPoints'
  | 'runBytes'
  | 'readBlocks'
  | 'backup';

export class Reading {
  readonly #directory: string;
  readonly #queue: ReadQueue;
  #connection: Connection;
  #records: RecordReader;
  #series: SeriesReader;
  #searches: SearchReader;

  constructor(directory: string, { reader, writer }: Connections) {
    this.#directory = directory;
    const tails = new TailsView(reader, (row, newest) => writer?.ingest?.tailsAt(row, newest));
    this.#connection = reader;
    this.#queue = new ReadQueue(reader);
    this.#records = new RecordReader(reader);
    this.#series = new SeriesReader(reader, tails);
    this.#searches = new SearchReader(reader, tails);
  }

  /** After the reads that are queued, those to come go to other connections. */
  async swap(open: () => Promise<Connections>): Promise<void> {
    await this.#queue.swap(async () => {
      this.#connection.close();
      const { reader, writer } = await open();
      const tails = new TailsView(reader, (row, newest) => writer?.ingest?.tailsAt(row, newest));
      this.#connection = reader;
      this.#records = new RecordReader(reader);
      this.#series = new SeriesReader(reader, tails);
      this.#searches = new SearchReader(reader, tails);
      return reader;
    });
  }

  /** Resolves when nothing is queued. */
  async close(): Promise<void> {
    await this.#queue.idle();
    this.#connection.close();
  }

  handlers(): Required<Pick<Handlers, RecordCalls | OtherCalls>> {
    return { ...this.#ofRecords(), ...this.#ofOthers() };
  }

  #ofRecords(): Required<Pick<Handlers, RecordCalls>> {
    const queue = this.#queue;
    return {
      getRun: (runId) => queue.run(() => this.#records.getRun(runId)),
      findRuns: (query) => queue.run(() => this.#records.findRuns(query)),
      getMarks: (runId) => queue.run(() => this.#records.recordsOf('marks', runId)),
      getRevision: (runId) => queue.run(() => this.#records.revision(runId)),
      getBuried: (runId) => queue.run(() => this.#records.buried(runId)),
      getEntries: (query) => queue.run((breath) => this.#records.getEntries(query, breath)),
      countEntries: (query) => queue.run((breath) => this.#records.countEntries(query, breath)),
      getCommands: (runId) => queue.run(() => this.#records.recordsOf('commands', runId)),
      getWarnings: (runId) => queue.run(() => this.#records.recordsOf('warnings', runId)),
      getDeadLetters: (runId) => queue.run(() => this.#records.deadLetters(runId)),
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
      readSeries: (query) => queue.run((breath) => this.#series.readSeries(query, breath)),
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
