// The main side of a storage thread: posts calls, resolves their answers, and lets the process end when none is open.

import { Worker } from 'node:worker_threads';
import { type ErrorCode, XTrackError } from '../protocol/errors.js';
import type { Calls, Method, Response } from './calls.js';
import type { StoreChange } from './store.js';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: XTrackError) => void;
}

export class StorageThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #lastId = 0;
  #ended: XTrackError | undefined;

  private constructor(worker: URL, options: unknown) {
    this.#worker = new Worker(worker, { workerData: options, name: 'xtrack-storage', execArgv: [] });
    this.#worker.on('message', (response: Response) => this.#settle(response));
    this.#worker.on('error', (error) =>
      this.#end(this.#lastId === 0 ? 'XT_STORE_OPEN' : 'XT_STORE_WRITE', `the storage thread failed: ${error.message}`),
    );
    this.#worker.on('exit', () => this.#end('XT_CLOSED', 'the store is closed'));
  }

  /** `worker`: the built file that serves the calls. Resolves when the store is open. Throws XT_STORE_OPEN, XT_STORE_VERSION. */
  static async start(worker: URL, options: unknown): Promise<StorageThread> {
    const thread = new StorageThread(worker, options);
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

  /** Tells of changes until the returned function is called. The process lives on while anybody listens. */
  listen(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    this.#hold();
    return () => {
      this.#listeners.delete(listener);
      this.#hold();
    };
  }

  #wait(id: number, waiting: Waiting): void {
    this.#waiting.set(id, waiting);
    this.#hold();
  }

  /** The process lives on while a call is open or somebody listens. */
  #hold(): void {
    if (this.#waiting.size + this.#listeners.size > 0) this.#worker.ref();
    else this.#worker.unref();
  }

  #settle({ id, answer, failure, change }: Response): void {
    if (change !== undefined) {
      for (const listener of this.#listeners) listener(change);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#hold();
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
