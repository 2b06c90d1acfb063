// One connection of server-sent events: it goes on where it was, whatever broke off, and asks anew when other things are listened to.

import type { LiveItem } from '../types';

/** `connecting`: for the first time. `reconnecting`: what is shown may be old; nothing is lost, the stream goes on where it was. */
export type LiveState = 'connecting' | 'live' | 'reconnecting';

export interface StreamHandlers {
  readonly onItems: (items: readonly LiveItem[]) => void;
  readonly onState: (state: LiveState) => void;
  /** Items were missed: everything shown is to be read anew. */
  readonly onReset: (reason: string) => void;
}

const RETRY_MS = { first: 500, most: 10_000 } as const;

export class LiveStream {
  readonly #address: string;
  readonly #handlers: StreamHandlers;
  #source: EventSource | null = null;
  #asked: string | null = null;
  #lastId = '';
  #retrying: ReturnType<typeof setTimeout> | null = null;
  #retryMs: number = RETRY_MS.first;

  /** `address`: of the stream, without a query. */
  constructor(address: string, handlers: StreamHandlers) {
    this.#address = address;
    this.#handlers = handlers;
  }

  /** Listens to what `query` names from now on: '' or `?runs=…&types=…`. */
  ask(query: string): void {
    if (query === this.#asked) return;
    this.#asked = query;
    this.#open();
  }

  close(): void {
    this.#source?.close();
    if (this.#retrying !== null) clearTimeout(this.#retrying);
  }

  #open(): void {
    this.close();
    this.#retrying = null;
    const asked = this.#asked ?? '';
    const resumed = this.#lastId !== '';
    const behind = resumed ? `${asked === '' ? '?' : '&'}lastEventId=${encodeURIComponent(this.#lastId)}` : '';
    const stream = new EventSource(`${this.#address}${asked}${behind}`);
    this.#source = stream;
    const { onItems, onState, onReset } = this.#handlers;
    stream.onopen = () => {
      this.#retryMs = RETRY_MS.first;
      onState('live');
      if (!resumed) onReset('the stream begins');
    };
    stream.onerror = () => {
      if (this.#source !== stream) return;
      onState('reconnecting');
      // The browser itself tries again, unless the answer was a refusal.
      if (stream.readyState === EventSource.CLOSED) this.#retry();
    };
    stream.addEventListener('items', (event) => {
      this.#lastId = event.lastEventId;
      onItems(JSON.parse(event.data as string) as LiveItem[]);
    });
    stream.addEventListener('reset', (event) => {
      this.#lastId = event.lastEventId;
      onReset((JSON.parse(event.data as string) as { readonly reason: string }).reason);
    });
    stream.addEventListener('lagged', () => onReset('the page could not keep up'));
  }

  #retry(): void {
    this.#retrying ??= setTimeout(() => {
      this.#retrying = null;
      this.#retryMs = Math.min(RETRY_MS.most, this.#retryMs * 2);
      this.#open();
    }, this.#retryMs);
  }
}
