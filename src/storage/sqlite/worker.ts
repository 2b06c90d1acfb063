// The storage thread: owns the connections, so that a slow disk never stalls sockets and decoding.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, XTrackError } from '../../protocol/errors.js';
import { openReader, openWriter } from './driver.js';
import type { Calls, Method, Request, Response, ThreadOptions } from './messages.js';
import { checkSchema, migrate } from './migrate.js';
import { Persistence } from './persistence.js';
import { Purge } from './purge.js';
import { ReadQueue } from './read-queue.js';
import { RecordReader } from './record-reader.js';
import { loadReplay, replayLoaded } from './replay-gate.js';
import { SeriesReader } from './series-reader.js';
import { TailsView } from './tails-view.js';
import { SqliteWriter } from './writer.js';

type Handlers = { readonly [M in Method]: (given: Calls[M]['given']) => Calls[M]['answer'] | Promise<Calls[M]['answer']> };

/** Served at once after opening; the rest waits until the decoder is loaded. */
const NEEDS_NO_REPLAY: ReadonlySet<Method> = new Set([
  'getRun',
  'findRuns',
  'getMarks',
  'getEntries',
  'getCommands',
  'getWarnings',
  'readBlocks',
]);

const port = parentPort;
/** Calls that wait for the decoder. */
let waiting = 0;
if (port !== null) void main(workerData as ThreadOptions);

async function main(options: ThreadOptions): Promise<void> {
  try {
    const handlers = await open(options);
    port?.on('message', (request: Request) => void answer(handlers, request));
    reply({ id: 0 });
    await loadReplay();
  } catch (error) {
    fail(0, error, 'XT_STORE_OPEN');
    port?.close();
  }
}

async function open({ directory, readOnly, writerId, retryFor }: ThreadOptions): Promise<Handlers> {
  const path = join(directory, 'xtrack.db');
  const writer = readOnly ? undefined : await startWriter(directory, path, writerId);
  const persistence = writer === undefined ? undefined : new Persistence(writer, retryFor);
  const nothing = (): XTrackError => new XTrackError('XT_STORE_OPEN', { detail: `there is no data yet in ${directory}` });
  if (!existsSync(path)) throw nothing();
  const connection = openReader(path);
  // A writer is making it just now.
  if (checkSchema(connection) === 0) throw nothing();
  const queue = new ReadQueue(connection);
  const records = new RecordReader(connection);
  const series = new SeriesReader(connection, new TailsView(connection, (row, newest) => writer?.ingest?.tailsAt(row, newest)));
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
    getRun: (runId) => queue.run(() => records.getRun(runId)),
    findRuns: (query) => queue.run(() => records.findRuns(query)),
    getMarks: (runId) => queue.run(() => records.recordsOf('marks', runId)),
    listSeries: (runId) => queue.run(() => series.listSeries(runId)),
    readSeries: (query) => queue.run((breath) => series.readSeries(query, breath)),
    getEntries: (query) => queue.run((breath) => records.getEntries(query, breath)),
    getCommands: (runId) => queue.run(() => records.recordsOf('commands', runId)),
    getWarnings: (runId) => queue.run(() => records.recordsOf('warnings', runId)),
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

async function startWriter(directory: string, path: string, writerId: string): Promise<SqliteWriter> {
  if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(directory, 0o700);
  // Made here, since SQLite gives its side files the mode of the database.
  closeSync(openSync(path, 'a', 0o600));
  const connection = openWriter(path);
  await migrate(connection);
  return new SqliteWriter(path, writerId, connection);
}

function writable<T>(part: T | undefined): T {
  if (part === undefined) throw new XTrackError('XT_STORE_READ_ONLY');
  return part;
}

async function answer<M extends Method>(handlers: Handlers, request: Request<M>): Promise<void> {
  try {
    if (!replayLoaded() && needsReplay(request.method)) await waitForReplay();
    const result = await handlers[request.method](request.given);
    reply({ id: request.id, answer: result }, memoryOf(result));
  } catch (error) {
    fail(request.id, error, request.method === 'commit' || request.method === 'deleteRun' ? 'XT_STORE_WRITE' : 'XT_STORE_READ');
  }
  if (request.method === 'close') port?.close();
}

function needsReplay(method: Method): boolean {
  return method === 'close' ? waiting > 0 : !NEEDS_NO_REPLAY.has(method);
}

/** What waits here goes on in the order that it came. */
async function waitForReplay(): Promise<void> {
  waiting += 1;
  await loadReplay();
  waiting -= 1;
}

function fail(id: number, error: unknown, code: ErrorCode): void {
  const failure = XTrackError.from(error, code);
  reply({ id, failure: { code: failure.code, detail: failure.detail } });
}

function reply(response: Response, memory: ArrayBuffer[] = []): void {
  port?.postMessage(response, memory);
}

/** The memory of all typed arrays in a list of records: it goes to the caller without a copy. */
function memoryOf(result: unknown): ArrayBuffer[] {
  if (!Array.isArray(result)) return [];
  const memory = new Set<ArrayBuffer>();
  for (const record of result as unknown[]) {
    if (typeof record !== 'object' || record === null) continue;
    for (const value of Object.values(record)) if (ArrayBuffer.isView(value)) memory.add(value.buffer as ArrayBuffer);
  }
  return [...memory];
}
