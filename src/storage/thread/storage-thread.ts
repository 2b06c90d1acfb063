// The main side of a storage thread: posts calls, resolves their answers, and lets the process end when none is open. A thread that
// dies is started again: commits that it left are posted anew, reads fail.

import { Worker } from 'node:worker_threads';
import { XTrackError } from '../../protocol/errors.js';
import type { StoreChange } from '../store.js';
import type { Calls, Method, Response } from './calls.js';

/** Pause before a thread that died is started again (ms): doubles from the first to the second. */
const PAUSE_MS = { first: 50, longest: 5_000 } as const;
/** A call that as many threads died of is not posted again. */
const MOST_DEATHS = 3;

/** What commits bring is garbage at once: more room for it is more memory, and no more speed. */
const YOUNG_MIB = 16;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: XTrackError) => void;
  /** Posts it to another thread; undefined: it fails with the one that it was posted to. */
  readonly post: (() => void) | undefined;
  deaths: number;
}

/** What a lasting call is given this time. */
export interface Handover<M extends Method> {
  readonly given: Calls[M]['given'];
  readonly memory: readonly ArrayBuffer[];
}

export class StorageThread {
  readonly #file: URL;
  readonly #options: unknown;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #worker: Worker | undefined;
  #lastId = 0;
  /** No lasting call has been posted to the present thread. */
  #fresh = true;
  #listening = false;
  #closing = false;
  #restarting: Promise<void> | undefined;
  #attempt: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trouble: XTrackError | undefined;

  private constructor(file: URL, options: unknown) {
    this.#file = file;
    this.#options = options;
  }

  /** `worker`: the built file that serves the calls. Resolves when the store is open. Throws XT_STORE_OPEN, XT_STORE_VERSION. */
  static async start(worker: URL, options: unknown): Promise<StorageThread> {
    const thread = new StorageThread(worker, options);
    await thread.#spawn();
    return thread;
  }

  /** Why no call is answered at present; undefined: they are. */
  get trouble(): XTrackError | undefined {
    return this.#trouble;
  }

  /** Makes one call. */
  async call<M extends Method>(method: M, given: Calls[M]['given']): Promise<Calls[M]['answer']> {
    if (method === 'close') return await this.#close();
    if (method === 'listen') this.#listening = true;
    if (this.#restarting !== undefined) await this.#attempt;
    return await new Promise((resolve, reject) => {
      const id = this.#nextId();
      this.#post(id, method, given);
      this.#wait(id, { resolve, reject, post: undefined, deaths: 0 });
    });
  }

  /**
   * Makes a call that outlasts the thread. `given` is asked for each time it is posted, together with memory of it that is the thread's from
   * then on; `fresh`: the thread knows nothing of those before.
   */
  async callLasting<M extends Method>(method: M, given: (fresh: boolean) => Handover<M>): Promise<Calls[M]['answer']> {
    return await new Promise((resolve, reject) => {
      const id = this.#nextId();
      const post = (): void => {
        const handover = given(this.#fresh);
        this.#post(id, method, handover.given, handover.memory);
        this.#fresh = false;
      };
      this.#wait(id, { resolve, reject, post, deaths: 0 });
      if (this.#restarting === undefined) this.#tryPost(id, post);
    });
  }

  /** Ends the thread without asking it; calls that are open fail with XT_CLOSED. */
  end(): void {
    this.#closing = true;
    void this.#worker?.terminate();
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

  /** Resolves when the thread's store is open. */
  async #spawn(): Promise<void> {
    const worker = new Worker(this.#file, {
      workerData: this.#options,
      name: 'xtrack-storage',
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    let why = 'the storage thread ended';
    this.#worker = worker;
    this.#fresh = true;
    worker.on('message', (response: Response) => this.#settle(response));
    worker.on('error', (error) => {
      why = `the storage thread failed: ${error.message}`;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#died(why);
    });
    try {
      await new Promise<void>((resolve, reject) => this.#wait(0, { resolve, reject, post: undefined, deaths: 0 }));
    } catch (error) {
      this.#worker = undefined;
      throw error;
    }
  }

  #died(why: string): void {
    this.#worker = undefined;
    const opening = this.#waiting.get(0);
    this.#waiting.delete(0);
    if (opening !== undefined) return void opening.reject(new XTrackError('XT_STORE_OPEN', { detail: why }));
    const lasting = this.#closing
      ? []
      : [...this.#waiting].filter(([, { post, deaths }]) => post !== undefined && deaths + 1 < MOST_DEATHS);
    const kept = new Set(lasting.map(([id]) => id));
    for (const [id, waiting] of [...this.#waiting]) {
      waiting.deaths += 1;
      if (kept.has(id)) continue;
      this.#waiting.delete(id);
      waiting.reject(this.#failure(waiting, why));
    }
    if (this.#closing) return;
    this.#trouble = new XTrackError('XT_STORE_WRITE', { detail: why });
    process.emitWarning(`${why}; it is started again`, { type: 'XTrackWarning', code: 'XT_STORE_WRITE' });
    this.#restarting = this.#restart().finally(() => {
      this.#restarting = undefined;
    });
  }

  #failure({ post }: Waiting, why: string): XTrackError {
    if (this.#closing) return new XTrackError('XT_CLOSED', { detail: 'the store is closed' });
    return new XTrackError(post === undefined ? 'XT_STORE_READ' : 'XT_STORE_WRITE', { detail: why });
  }

  /** Never rejects. */
  async #restart(): Promise<void> {
    for (let pause: number = PAUSE_MS.first; this.#trouble !== undefined; pause = Math.min(pause * 2, PAUSE_MS.longest)) {
      this.#attempt = this.#sleep(pause).then(() => this.#try());
      await this.#attempt;
      if (this.#closing) return;
    }
    if (this.#listening) this.#post(this.#nextId(), 'listen', null);
    // Whatever others committed meanwhile was not heard.
    for (const listener of this.#listeners) listener({ runs: null });
    for (const [id, { post }] of [...this.#waiting]) if (post !== undefined) this.#tryPost(id, post);
  }

  async #try(): Promise<void> {
    if (this.#closing) return;
    this.#trouble = await this.#spawn().then(
      () => undefined,
      (error) => XTrackError.from(error, 'XT_STORE_OPEN'),
    );
  }

  /** Only for a call that waits the process lives on. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms);
      if (this.#waiting.size === 0) this.#timer.unref();
    });
  }

  async #close(): Promise<undefined> {
    this.#closing = true;
    const worker = this.#worker;
    this.#timer?.unref();
    if (worker === undefined) return void this.#died('the store is closed');
    return await new Promise((resolve, reject) => {
      const id = this.#nextId();
      this.#post(id, 'close', null);
      this.#wait(id, { resolve, reject, post: undefined, deaths: 0 });
    });
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #post<M extends Method>(id: number, method: M, given: Calls[M]['given'], memory: readonly ArrayBuffer[] = []): void {
    if (this.#worker === undefined) throw this.#trouble ?? new XTrackError('XT_CLOSED', { detail: 'the store is closed' });
    this.#worker.postMessage({ id, method, given }, memory);
  }

  #tryPost(id: number, post: () => void): void {
    try {
      post();
    } catch (error) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      waiting?.reject(XTrackError.from(error, 'XT_STORE_WRITE'));
    }
  }

  #wait(id: number, waiting: Waiting): void {
    this.#waiting.set(id, waiting);
    this.#hold();
  }

  /** The process lives on while a call is open or somebody listens. */
  #hold(): void {
    if (this.#waiting.size + this.#listeners.size > 0) this.#worker?.ref();
    else this.#worker?.unref();
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
}
