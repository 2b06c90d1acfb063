// The main side of the storage thread: posts calls, resolves their answers, and lets the process end when none is open.

import { Worker } from 'node:worker_threads';
import { type ErrorCode, XTrackError } from '../../protocol/errors.js';
import type { Calls, Method, Response, ThreadOptions } from './messages.js';

/** The built file, also when this one runs from src/. */
const WORKER = new URL('../../../dist/storage/sqlite/worker.js', import.meta.url);

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: XTrackError) => void;
}

export class StorageThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: XTrackError | undefined;

  private constructor(options: ThreadOptions) {
    this.#worker = new Worker(WORKER, { workerData: options, name: 'xtrack-storage' });
    this.#worker.on('message', (response: Response) => this.#settle(response));
    this.#worker.on('error', (error) =>
      this.#end(this.#lastId === 0 ? 'XT_STORE_OPEN' : 'XT_STORE_WRITE', `the storage thread failed: ${error.message}`),
    );
    this.#worker.on('exit', () => this.#end('XT_CLOSED', 'the store is closed'));
  }

  /** Resolves when the store is open. Throws XT_STORE_OPEN, XT_STORE_VERSION. */
  static async start(options: ThreadOptions): Promise<StorageThread> {
    const thread = new StorageThread(options);
    await new Promise<void>((resolve, reject) => thread.#wait(0, { resolve, reject }));
    return thread;
  }

  /** Makes one call. `transfer`: memory that goes over and is no longer the caller's. */
  call<M extends Method>(method: M, given: Calls[M]['given'], transfer: ArrayBuffer[] = []): Promise<Calls[M]['answer']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ id, method, given }, transfer);
      this.#wait(id, { resolve, reject });
    });
  }

  #wait(id: number, waiting: Waiting): void {
    if (this.#waiting.size === 0) this.#worker.ref();
    this.#waiting.set(id, waiting);
  }

  #settle({ id, answer, failure }: Response): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (failure === undefined) waiting?.resolve(answer as never);
    else waiting?.reject(new XTrackError(failure.code, { detail: failure.detail }));
  }

  #end(code: ErrorCode, detail: string): void {
    this.#ended ??= new XTrackError(code, { detail });
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
  }
}
