// All tabs of a browser behind one stream: a browser opens six connections to a server, and a stream for each tab would take them all.

import { queryOf } from '../client';
import type { LiveItem } from '../types';
import { type LiveFilter, passes, unionOf } from './filter';
import { type LiveState, LiveStream } from './stream';

/** What a tab says. `here` answers a `ping`. */
export type FromTab =
  | { readonly type: 'listen'; readonly address: string; readonly filters: readonly LiveFilter[] }
  | { readonly type: 'here' }
  | { readonly type: 'leave' };

/** What a tab is told. */
export type ToTab =
  | { readonly type: 'items'; readonly items: readonly LiveItem[] }
  | { readonly type: 'state'; readonly state: LiveState }
  | { readonly type: 'reset'; readonly reason: string }
  | { readonly type: 'ping' }
  /** It did not answer, and was given up: it is to listen again. */
  | { readonly type: 'again' };

export interface TabPort {
  postMessage(message: ToTab): void;
}

export interface AskedStream {
  ask(query: string): void;
}

interface Tab {
  filters: readonly LiveFilter[];
  /** Pings that were not answered. */
  silent: number;
}

/** Pings that a tab leaves unanswered before it is given up: one that sleeps would gather messages without end. */
const MOST_SILENT = 3;

export class Tabs {
  readonly #tabs = new Map<TabPort, Tab>();
  readonly #makeStream: (address: string, tabs: Tabs) => AskedStream;
  #stream: AskedStream | null = null;
  #state: LiveState = 'connecting';

  constructor(makeStream: (address: string, tabs: Tabs) => AskedStream = openStream) {
    this.#makeStream = makeStream;
  }

  /** How many listen. */
  get size(): number {
    return this.#tabs.size;
  }

  take(port: TabPort, message: FromTab): void {
    if (message.type === 'leave') this.#tabs.delete(port);
    else if (message.type === 'listen') this.#listen(port, message.filters);
    else this.#heard(port);
    if (message.type === 'here') return;
    if (message.type === 'listen') this.#stream ??= this.#makeStream(message.address, this);
    this.#stream?.ask(queryOf(unionOf([...this.#tabs.values()].flatMap(({ filters }) => filters))));
  }

  /** To be called now and then: asks every tab whether it is there, and gives up those that no longer are. */
  ping(): void {
    for (const [port, tab] of this.#tabs) {
      tab.silent += 1;
      if (tab.silent > MOST_SILENT) this.#tabs.delete(port);
      else port.postMessage({ type: 'ping' });
    }
  }

  readonly onItems = (items: readonly LiveItem[]): void => {
    for (const [port, { filters }] of this.#tabs) {
      const own = items.filter((item) => filters.some((filter) => passes(filter, item)));
      if (own.length > 0) port.postMessage({ type: 'items', items: own });
    }
  };

  readonly onState = (state: LiveState): void => {
    this.#state = state;
    this.#toAll({ type: 'state', state });
  };

  readonly onReset = (reason: string): void => this.#toAll({ type: 'reset', reason });

  #listen(port: TabPort, filters: readonly LiveFilter[]): void {
    const known = this.#tabs.get(port);
    this.#tabs.set(port, { filters, silent: 0 });
    if (known !== undefined || this.#state === 'connecting') return;
    port.postMessage({ type: 'state', state: this.#state });
    port.postMessage({ type: 'reset', reason: 'the stream begins' });
  }

  #heard(port: TabPort): void {
    const tab = this.#tabs.get(port);
    if (tab === undefined) port.postMessage({ type: 'again' });
    else tab.silent = 0;
  }

  #toAll(message: ToTab): void {
    for (const port of this.#tabs.keys()) port.postMessage(message);
  }
}

function openStream(address: string, tabs: Tabs): AskedStream {
  return new LiveStream(address, tabs);
}
