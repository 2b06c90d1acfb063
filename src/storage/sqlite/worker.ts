// The storage thread: owns the connections, so that a slow disk never stalls sockets and decoding.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { XTrackError } from '../../protocol/errors.js';
import { Persistence } from '../persistence.js';
import { Purge } from '../purge.js';
import { type Handlers, serveStore } from '../thread-worker.js';
import { backUp } from './backup.js';
import { openReader, openWriter } from './driver.js';
import { keysWithin, listExperiments } from './experiments.js';
import { checkUpToDate, migrate } from './migrate.js';
import { ReadQueue } from './read-queue.js';
import { RecordReader } from './record-reader.js';
import { SearchReader } from './search-reader.js';
import { SeriesReader } from './series-reader.js';
import { TailsView } from './tails-view.js';
import type { ThreadOptions } from './thread-options.js';
import { deleteLogSlice, runBytes, setDeleted } from './upkeep.js';
import { SqliteWriter } from './writer.js';

void serveStore<ThreadOptions>(open);

async function open({ directory, readOnly, writerId, retryFor }: ThreadOptions): Promise<Handlers> {
  const path = join(directory, 'xtrack.db');
  const writer = readOnly ? undefined : await startWriter(directory, path, writerId);
  const persistence = writer === undefined ? undefined : new Persistence(writer, retryFor);
  const nothing = (): XTrackError => new XTrackError('XT_STORE_OPEN', { detail: `there is no data yet in ${directory}` });
  if (!existsSync(path)) throw nothing();
  const connection = openReader(path);
  // A writer is making it just now.
  if (checkUpToDate(connection) === 0) throw nothing();
  const queue = new ReadQueue(connection);
  const records = new RecordReader(connection);
  const tails = new TailsView(connection, (row, newest) => writer?.ingest?.tailsAt(row, newest));
  const series = new SeriesReader(connection, tails);
  const searches = new SearchReader(connection, tails);
  const purge = new Purge(() => writer?.purge() ?? true);
  void purge.start();
  return {
    commit: async (rows) => {
      await writable(persistence).commit(rows);
      return undefined;
    },
    deleteRun: async (runId) => {
      const deleted = writable(writer).deleteRun(runId);
      if (deleted) await purge.start();
      return deleted;
    },
    setDeleted: ({ runId, at }) => writable(writer).upkeep((own) => setDeleted(own, runId, at)),
    deleteLogs: ({ runId, before }) => deleteLogs(writable(writer), runId, before),
    compact: () => writable(writer).compact(() => new Promise<void>((resume) => setImmediate(resume))),
    backup: async (file) => {
      await queue.idle();
      return void (await backUp(connection, directory, file));
    },
    getRun: (runId) => queue.run(() => records.getRun(runId)),
    findRuns: (query) => queue.run(() => records.findRuns(query)),
    search: (query) => queue.run((breath) => searches.search(query, breath)),
    listKeys: (experiments) => queue.run(() => (experiments === null ? searches.listKeys() : keysWithin(connection, experiments))),
    listExperiments: () => queue.run(() => listExperiments(connection)),
    getMarks: (runId) => queue.run(() => records.recordsOf('marks', runId)),
    listSeries: (runId) => queue.run(() => series.listSeries(runId)),
    readSeries: (query) => queue.run((breath) => series.readSeries(query, breath)),
    readPoints: ({ series: id, after }) => queue.run(() => series.readPoints(id, after)),
    getEntries: (query) => queue.run((breath) => records.getEntries(query, breath)),
    countEntries: (query) => queue.run((breath) => records.countEntries(query, breath)),
    getCommands: (runId) => queue.run(() => records.recordsOf('commands', runId)),
    getWarnings: (runId) => queue.run(() => records.recordsOf('warnings', runId)),
    getDeadLetters: (runId) => queue.run(() => records.deadLetters(runId)),
    runBytes: (runId) => queue.run(() => runBytes(connection, runId)),
    readBlocks: ({ runId, after }) => queue.run(() => records.readBlocks(runId, after)),
    close: async () => {
      persistence?.close();
      await purge.stop();
      await queue.idle();
      connection.close();
      writer?.close();
    },
  };
}

/** Slice by slice, with commits in between. */
async function deleteLogs(writer: SqliteWriter, runId: string, before: number): Promise<number> {
  let removed = 0;
  for (let last: number | undefined = 0; last !== undefined; ) {
    const after: number = last;
    const slice = writer.upkeep((own) => deleteLogSlice(own, runId, before, after));
    removed += slice.removed;
    last = slice.last;
    await new Promise<void>((resume) => setImmediate(resume));
  }
  return removed;
}

async function startWriter(directory: string, path: string, writerId: string): Promise<SqliteWriter> {
  if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(directory, 0o700);
  // Made here, since SQLite gives its side files the mode of the database.
  closeSync(openSync(path, 'a', 0o600));
  const connection = openWriter(path);
  await migrate(connection, path);
  return new SqliteWriter(path, writerId, connection);
}

function writable<T>(part: T | undefined): T {
  if (part === undefined) throw new XTrackError('XT_STORE_READ_ONLY');
  return part;
}
