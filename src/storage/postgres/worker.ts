// The storage thread: owns the connections, so that packing, decoding and a slow server never stall sockets.

import type { Pool } from 'pg';
import { XTrackError } from '../../protocol/errors.js';
import type { Refusal } from '../store.js';
import { Persistence } from '../thread/persistence.js';
import { Purge } from '../thread/purge.js';
import type { CommitRows, ReplacementRows } from '../thread/rows.js';
import { seriesPage } from '../thread/series-page.js';
import { type Handlers, serveStore, tellChange } from '../thread/thread-worker.js';
import { Changes } from './changes.js';
import { openReaders, whenReady } from './driver.js';
import { prepare } from './migrate.js';
import { keysWithin, listExperiments } from './reads/experiments.js';
import { RecordReader } from './reads/record-reader.js';
import { SearchReader } from './reads/search-reader.js';
import { SeriesReader } from './reads/series-reader.js';
import { TailsView } from './reads/tails-view.js';
import type { ThreadOptions } from './store.js';
import { Turns } from './turns.js';
import { deleteLogSlice, setDeleted } from './upkeep.js';
import { PostgresWriter } from './writes/writer.js';

/** How often a writer says that it lives (ms): several times within LEASE of record-reader.ts. */
const BREATH_MS = 10_000;
/** How often it is looked whether there are tails to be written down (ms). */
const SETTLE_MS = 2_500;

void serveStore<ThreadOptions>(open);

async function open({ url, readOnly, writerId, retryFor, waitFor }: ThreadOptions): Promise<Handlers> {
  const address = { url, name: `xtrack ${writerId}` };
  const schema = await whenReady(waitFor, () => prepare(address, readOnly));
  const turns = new Turns();
  const writer = readOnly ? undefined : new PostgresWriter({ address, writerId, schema, turns });
  await whenReady(waitFor, async () => await writer?.breathe());
  const pool = await openReaders(address);
  const writing = writer === undefined ? undefined : new Writing(writer, retryFor);
  const changes = new Changes({ address, schema, writerId, onChange: tellChange });
  let listening: Promise<void> | undefined;
  return {
    ...readHandlers(pool, new TailsView((row, last) => writer?.ingest.tailsAt(row, last)), turns),
    commit: (rows) => writable(writing).commit(rows),
    deleteRun: (runId) => writable(writing).deleteRun(runId),
    replaceDerived: (rows) => writable(writing).replaceDerived(rows),
    setDeleted: ({ runId, at }) => writable(writer).upkeep((client) => setDeleted(client, runId, at)),
    deleteLogs: ({ runId, before }) => deleteLogs(writable(writer), runId, before),
    listen: async () => {
      listening ??= changes.start();
      await listening;
      return undefined;
    },
    close: async () => {
      await writing?.close();
      await changes.close();
      await pool.end();
      return undefined;
    },
  };
}

type Reading = Pick<
  Handlers,
  | 'getRun'
  | 'findRuns'
  | 'search'
  | 'listKeys'
  | 'listExperiments'
  | 'getMarks'
  | 'getRevision'
  | 'getBuried'
  | 'listSeries'
  | 'readSeries'
  | 'readManySeries'
  | 'readPoints'
  | 'getEntries'
  | 'countEntries'
  | 'getCommands'
  | 'getWarnings'
  | 'getDeadLetters'
  | 'runBytes'
  | 'readBlocks'
  | 'livingWriters'
>;

function readHandlers(pool: Pool, tails: TailsView, turns: Turns): Reading {
  const records = new RecordReader(pool);
  const series = new SeriesReader(pool, tails, turns);
  const searches = new SearchReader(pool, tails, turns);
  return {
    getRun: (runId) => records.getRun(runId),
    findRuns: (query) => records.findRuns(query),
    search: (query) => searches.search(query),
    listKeys: (experiments) => (experiments === null ? searches.listKeys() : keysWithin(pool, experiments)),
    listExperiments: () => listExperiments(pool),
    getMarks: (runId) => records.recordsOf('marks', runId),
    getRevision: (runId) => records.revision(runId),
    getBuried: (runId) => records.buried(runId),
    listSeries: (runId) => series.listSeries(runId),
    readSeries: async (query) => (await series.readSeries([query]))[0] ?? [],
    readManySeries: (queries) => seriesPage(queries, (part) => series.readSeries(part)),
    readPoints: ({ series: id, after }) => series.readPoints(id, after),
    getEntries: (query) => records.getEntries(query),
    countEntries: (query) => records.countEntries(query),
    getCommands: (runId) => records.recordsOf('commands', runId),
    getWarnings: (runId) => records.recordsOf('warnings', runId),
    getDeadLetters: (runId) => records.deadLetters(runId),
    runBytes: (runId) => records.runBytes(runId),
    readBlocks: ({ runId, after }) => records.readBlocks(runId, after),
    livingWriters: () => records.livingWriters(),
  };
}

/** Everything that goes on beside a writer: commits that are tried again, rows that are removed, signs of life. */
class Writing {
  readonly #writer: PostgresWriter;
  readonly #persistence: Persistence;
  readonly #purge: Purge;
  readonly #commits = new Turns();
  readonly #rest: () => void;

  constructor(writer: PostgresWriter, retryFor: number) {
    this.#writer = writer;
    this.#persistence = new Persistence(writer, retryFor);
    this.#purge = new Purge(() => writer.purge());
    void this.#purge.start();
    writer.groups.work();
    this.#rest = keepUp(writer);
  }

  /** In the order in which they are called. */
  async commit(rows: CommitRows): Promise<Refusal[]> {
    return await this.#commits.take(() => this.#persistence.commit(rows));
  }

  async deleteRun(runId: string): Promise<boolean> {
    const deleted = await this.#writer.deleteRun(runId);
    if (deleted) await this.#purge.start();
    return deleted;
  }

  async replaceDerived(rows: ReplacementRows): Promise<boolean> {
    const replaced = await this.#writer.replaceDerived(rows);
    if (replaced) await this.#purge.start();
    return replaced;
  }

  async close(): Promise<void> {
    this.#rest();
    this.#persistence.close();
    await this.#purge.stop();
    await this.#commits.idle();
    await this.#writer.close();
  }
}

/** What a writer does though nobody commits: it says that it lives, and writes down tails. Goes on until the returned function is called. What fails is tried again with the next round. */
function keepUp(writer: PostgresWriter): () => void {
  const breathing = setInterval(() => void writer.breathe().catch(() => undefined), BREATH_MS);
  const settling = setInterval(() => void writer.settle().catch(() => undefined), SETTLE_MS);
  breathing.unref();
  settling.unref();
  return () => {
    clearInterval(breathing);
    clearInterval(settling);
  };
}

/** Slice by slice, with commits in between. */
async function deleteLogs(writer: PostgresWriter, runId: string, before: number): Promise<number> {
  let removed = 0;
  for (let last: number | undefined = 0; last !== undefined; ) {
    const after: number = last;
    const slice = await writer.upkeep((client) => deleteLogSlice(client, runId, before, after));
    removed += slice.removed;
    last = slice.last;
  }
  return removed;
}

function writable<T>(part: T | undefined): T {
  if (part === undefined) throw new XTrackError('XT_STORE_READ_ONLY');
  return part;
}
