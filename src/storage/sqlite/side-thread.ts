// Questions that may be costly, in a thread and on a connection of their own: no commit, and so no acknowledgement, waits for them.

import { XTrackError } from '../../protocol/errors.js';
import type { Calls, Method } from '../calls.js';
import { SEARCH_MS, tookTooLong } from '../search/query.js';
import { StorageThread } from '../storage-thread.js';

/** A search ends by itself in its time; a thread that does not come back so long (ms) after that is ended. */
const GRACE_MS = 700;
/** A question waits so long (ms) for those before it. */
const PATIENCE_MS = 10_000;

/** One question at a time; the thread is started with the first. */
export class SideThread {
  readonly #worker: URL;
  readonly #options: unknown;
  #thread: StorageThread | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** `options`: as those of the store's thread, for reading only. */
  constructor(worker: URL, options: unknown) {
    this.#worker = worker;
    this.#options = options;
  }

  /** Throws XT_SEARCH_COST, XT_BUSY, and what opening the store for reading throws. */
  async ask<M extends Method>(method: M, given: Calls[M]['given']): Promise<Calls[M]['answer']> {
    const asked = performance.now();
    const answer = this.#last.then(async () => {
      if (performance.now() - asked > PATIENCE_MS) throw new XTrackError('XT_BUSY', { detail: 'too many searches at once' });
      return await this.#inTime(method, given);
    });
    this.#last = answer.catch(() => undefined);
    return await answer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#thread?.call('close', null).catch(() => undefined);
  }

  async #inTime<M extends Method>(method: M, given: Calls[M]['given']): Promise<Calls[M]['answer']> {
    if (this.#closed) throw new XTrackError('XT_CLOSED', { detail: 'the store is closed' });
    this.#thread ??= await StorageThread.start(this.#worker, this.#options);
    const thread = this.#thread;
    const answer = thread.call(method, given);
    if (method !== 'searchBeside') return await answer;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#thread = undefined;
        thread.end();
        reject(tookTooLong());
      }, SEARCH_MS + GRACE_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
