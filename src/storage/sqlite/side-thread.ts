// Questions that may be costly, in a thread and on a connection of their own: no commit, and so no acknowledgement, waits for them.

import { XTrackError } from '../../protocol/errors.js';
import { searchesBusy, WAIT_MS } from '../search/gate.js';
import { SEARCH_MS, tookTooLong } from '../search/query.js';
import type { Calls, Method } from '../thread/calls.js';
import { StorageThread } from '../thread/storage-thread.js';

/** A search ends by itself in its time; a thread that does not come back so long (ms) after that is ended. */
const GRACE_MS = 700;
/** What wait and search may take together (ms), and what a search that waited has at least. */
const WHOLE_MS = 1_000;
const LEAST_MS = 300;
/** Another question waits so long (ms) for those before it. */
const PATIENCE_MS = 10_000;

/** One question at a time; the thread is started with the first. */
export class SideThread {
  readonly #worker: URL;
  readonly #options: unknown;
  #thread: StorageThread | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  #waiting = 0;

  /** `options`: as those of the store's thread, for reading only. */
  constructor(worker: URL, options: unknown) {
    this.#worker = worker;
    this.#options = options;
  }

  /** Questions that are asked and not answered. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Throws XT_BUSY, and what opening the store for reading throws. */
  async ask<M extends Exclude<Method, 'searchBeside'>>(method: M, given: Calls[M]['given']): Promise<Calls[M]['answer']> {
    const asked = performance.now();
    return await this.#inTurn(async () => {
      if (performance.now() - asked > PATIENCE_MS) throw new XTrackError('XT_BUSY', { detail: 'too many questions at once' });
      return await (await this.#open()).call(method, given);
    });
  }

  /** Throws XT_SEARCH_COST; XT_SEARCH_BUSY where others took the time; and what opening the store for reading throws. */
  async search(given: Omit<Calls['searchBeside']['given'], 'within'>): Promise<Calls['searchBeside']['answer']> {
    const asked = performance.now();
    let state: 'waits' | 'runs' | 'left' = 'waits';
    let timer: NodeJS.Timeout | undefined;
    const answer = this.#inTurn(async () => {
      if (state === 'left') throw searchesBusy();
      state = 'runs';
      return await this.#searchWithin(given, Math.min(SEARCH_MS, Math.max(LEAST_MS, asked + WHOLE_MS - performance.now())));
    });
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        if (state !== 'waits') return;
        state = 'left';
        reject(searchesBusy());
      }, WAIT_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#thread?.call('close', null).catch(() => undefined);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const answer = this.#last.then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #open(): Promise<StorageThread> {
    if (this.#closed) throw new XTrackError('XT_CLOSED', { detail: 'the store is closed' });
    this.#thread ??= await StorageThread.start(this.#worker, this.#options);
    return this.#thread;
  }

  /** `within`: ms. */
  async #searchWithin(given: Omit<Calls['searchBeside']['given'], 'within'>, within: number): Promise<Calls['searchBeside']['answer']> {
    const thread = await this.#open();
    const answer = thread.call('searchBeside', { ...given, within });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#thread = undefined;
        thread.end();
        reject(tookTooLong());
      }, within + GRACE_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      // It had less time than it is due.
      throw within < SEARCH_MS && error instanceof XTrackError && error.code === 'XT_SEARCH_COST' ? searchesBusy() : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
