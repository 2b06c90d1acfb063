// The thread's side of a store: answers the calls of the main side one by one, whatever store stands behind them.

import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, XTrackError } from '../../protocol/errors.js';
import { loadReplay, replayLoaded } from '../points/replay-gate.js';
import type { StoreChange } from '../store.js';
import type { Calls, Method, Request, Response } from './calls.js';

type Handler<M extends Method> = (given: Calls[M]['given']) => Calls[M]['answer'] | Promise<Calls[M]['answer']>;

/** Answered only by stores that processes of several machines may share. */
type Shared = 'listen' | 'livingWriters' | 'foreignRevision';

/** A store's upkeep, each where it can. */
type Upkeep = 'setDeleted' | 'getDeadLetters' | 'deleteLogs' | 'runBytes' | 'compact' | 'backup';

/** Of stores that answer searches in a thread of their own. */
type Beside = 'searchBeside' | 'unsettledMetrics';

type Optional = Shared | Upkeep | Beside;

/** What a store's thread answers. */
export type Handlers = { readonly [M in Exclude<Method, Optional>]: Handler<M> } & { readonly [M in Optional]?: Handler<M> };

/** What a call that fails with an error of somebody else's says; the others: XT_STORE_READ. */
const FAILURES: Partial<Record<Method, ErrorCode>> = {
  commit: 'XT_STORE_WRITE',
  deleteRun: 'XT_STORE_WRITE',
  setDeleted: 'XT_STORE_WRITE',
  deleteLogs: 'XT_STORE_WRITE',
  compact: 'XT_STORE_WRITE',
  replaceDerived: 'XT_STORE_WRITE',
  backup: 'XT_FILE',
};

/** Served at once after opening; the rest waits until the decoder is loaded. */
const NEEDS_NO_REPLAY: ReadonlySet<Method> = new Set([
  'getRun',
  'findRuns',
  'getMarks',
  'getRevision',
  'getBuried',
  'getEntries',
  'getCommands',
  'getWarnings',
  'readBlocks',
  'listen',
  'livingWriters',
  'foreignRevision',
]);

const port = parentPort;
/** Calls that wait for the decoder. */
let waiting = 0;

/** Opens the store with the thread's options and serves it until it is closed. Does nothing outside of a thread. */
export async function serveStore<Options>(open: (options: Options) => Promise<Handlers>): Promise<void> {
  if (port === null) return;
  try {
    const handlers = await open(workerData as Options);
    port.on('message', (request: Request) => void answer(handlers, request));
    reply({ id: 0 });
    await loadReplay();
  } catch (error) {
    fail(0, error, 'XT_STORE_OPEN');
    port.close();
  }
}

/** Tells the main side what another process has committed. */
export function tellChange(change: StoreChange): void {
  reply({ id: -1, change });
}

async function answer<M extends Method>(handlers: Handlers, request: Request<M>): Promise<void> {
  try {
    if (!replayLoaded() && needsReplay(request.method)) await waitForReplay();
    const result = await handlerOf(handlers, request.method)(request.given);
    reply({ id: request.id, answer: result }, memoryOf(result));
  } catch (error) {
    fail(request.id, error, FAILURES[request.method] ?? 'XT_STORE_READ');
  }
  if (request.method === 'close') port?.close();
}

function handlerOf<M extends Method>(handlers: Handlers, method: M): Handler<M> {
  const handler = handlers[method] as Handler<M> | undefined;
  if (handler === undefined) throw new XTrackError('XT_INTERNAL', { detail: `this store cannot ${method}` });
  return handler;
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

/** The memory of all typed arrays in a list of records, or in a list of such lists: it goes to the caller without a copy. */
function memoryOf(result: unknown): ArrayBuffer[] {
  if (!Array.isArray(result)) return [];
  const memory = new Set<ArrayBuffer>();
  addMemory(result, memory);
  return [...memory];
}

function addMemory(records: readonly unknown[], memory: Set<ArrayBuffer>): void {
  for (const record of records) {
    if (Array.isArray(record)) addMemory(record, memory);
    else if (typeof record === 'object' && record !== null)
      for (const value of Object.values(record)) if (ArrayBuffer.isView(value)) memory.add(value.buffer as ArrayBuffer);
  }
}
