// Follows one run to its end, over lags, lost connections and a control plane that dies and comes back: live items where
// there are some, the store where there are none. No captured line is shown twice and none is left out.

import { setTimeout as sleep } from 'node:timers/promises';
import type { LogEntry, Metric, MetricBatch, Run, SeriesSummary, StatusUpdate, StreamItem } from '../index.js';
import { nowAndThen } from '../now-and-then.js';
import { isFinal } from '../protocol/events.js';
import type { RunReader } from './host.js';

/** Something to show. */
export type Update =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'series'; readonly series: readonly SeriesSummary[] }
  | { readonly kind: 'log'; readonly entry: LogEntry }
  | { readonly kind: 'event'; readonly event: Metric | MetricBatch | StatusUpdate }
  /** The control plane went away, or is back. */
  | { readonly kind: 'contact'; readonly live: boolean };

export interface Followed {
  readonly reader: RunReader;
  /** Live items, or undefined while there are none to be had. */
  readonly subscribe: (runId: string, signal: AbortSignal) => Promise<AsyncIterable<StreamItem> | undefined>;
}

/** Between two looks at the store while nothing is streamed. */
const POLL_MS = 400;
/** A stream that says nothing for so long (ms) is not all that is asked. */
const LOOK_MS = 1_000;
/** Log entries read at once. */
const PAGE = 1_000;

/** Yields what happens to the run until it has ended or the signal aborts. Throws XT_RUN_NOT_FOUND when it is deleted. */
export async function* followRun(followed: Followed, runId: string, signal: AbortSignal): AsyncGenerator<Update, void> {
  const history = new History(followed.reader, runId);
  let live: boolean | undefined;
  while (!signal.aborted) {
    const cancel = new AbortController();
    const stream = begin(await followed.subscribe(runId, AbortSignal.any([signal, cancel.signal])));
    if (live !== undefined && live !== (stream !== undefined)) yield { kind: 'contact', live: stream !== undefined };
    live = stream !== undefined;
    try {
      yield* history.catchUp();
      if (!history.ended && stream !== undefined) yield* history.watch(stream);
    } finally {
      cancel.abort();
    }
    if (history.ended) return;
    if (stream === undefined) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A stream that listens from now on: an iterator may only begin to when its first item is asked for. */
function begin(stream: AsyncIterable<StreamItem> | undefined): AsyncIterable<StreamItem> | undefined {
  if (stream === undefined) return undefined;
  const items = stream[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<StreamItem>> | undefined = items.next();
  const next = (): Promise<IteratorResult<StreamItem>> => {
    const result = first ?? items.next();
    first = undefined;
    return result;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

/** How much of the run was shown. */
class History {
  readonly #reader: RunReader;
  readonly #runId: string;
  /** Entries seen, which is where the store's next one lies. Late ones are not counted: then an entry is only read again. */
  #entries = 0;
  /** Last sequence number shown of each incarnation. */
  readonly #shown = new Map<string, number>();
  ended = false;

  constructor(reader: RunReader, runId: string) {
    this.#reader = reader;
    this.#runId = runId;
  }

  /** Everything from the store that was not shown yet. The run is read first: its end means that all entries are there. */
  async *catchUp(): AsyncGenerator<Update, void> {
    const run = await this.#reader.getRun(this.#runId);
    for (;;) {
      const page = await this.#reader.getLogs(this.#runId, { offset: this.#entries, limit: PAGE });
      this.#entries += page.length;
      for (const entry of page) if (this.#isNew(entry)) yield { kind: 'log', entry };
      if (page.length < PAGE) break;
    }
    yield { kind: 'series', series: await this.#reader.listSeries(this.#runId) };
    yield { kind: 'run', run };
    this.ended = isFinal(run.status);
  }

  /**
   * Live items until the run has ended or the stream does. Events that arrived before the subscription may be committed
   * after it, and are not streamed: they are there, at the latest, with the first event that is.
   */
  async *watch(stream: AsyncIterable<StreamItem>): AsyncGenerator<Update, void> {
    let caughtUp = false;
    for await (const item of nowAndThen(stream, LOOK_MS)) {
      if (item === undefined) {
        yield* this.#look();
        if (this.ended) return;
        continue;
      }
      const isEvent = item.type !== 'run_changed' && item.type !== 'lagged';
      const missed = item.type === 'lagged' || (isEvent && !caughtUp);
      if (missed || (item.type === 'run_changed' && isFinal(item.run.status))) yield* this.catchUp();
      caughtUp ||= isEvent;
      if (this.ended) return;
      yield* this.#show(item);
    }
  }

  /** Another control plane may hold the run, and this one hears nothing of it. */
  async *#look(): AsyncGenerator<Update, void> {
    if (isFinal((await this.#reader.getRun(this.#runId)).status)) yield* this.catchUp();
  }

  *#show(item: StreamItem): Generator<Update, void> {
    switch (item.type) {
      case 'run_changed':
        yield { kind: 'run', run: item.run };
        return;
      case 'log':
        if (!this.#isNew(item)) return;
        this.#entries += 1;
        yield { kind: 'log', entry: item };
        return;
      case 'metric':
      case 'metric_batch':
      case 'status':
        yield { kind: 'event', event: item };
    }
  }

  #isNew(entry: LogEntry): boolean {
    const emitter = JSON.stringify([entry.worker, entry.incarnation]);
    if (entry.seq <= (this.#shown.get(emitter) ?? 0)) return false;
    this.#shown.set(emitter, entry.seq);
    return true;
  }
}
