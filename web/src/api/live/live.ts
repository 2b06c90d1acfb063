// The live stream: one connection for all tabs of a browser, whatever their parts listen to; what comes is handed out once a frame.

import { useSyncExternalStore } from 'react';
import { apiAddress, queryOf } from '../client';
import type { LiveItem } from '../types';
import { type LiveFilter, passes, unionOf } from './filter';
import { type LiveState, LiveStream } from './stream';
import type { FromTab, ToTab } from './tabs';

export type { LiveFilter } from './filter';
export type { LiveState } from './stream';

interface Subscription {
  readonly filter: LiveFilter;
  readonly onItems: (items: readonly LiveItem[]) => void;
}

/** The way to the stream. */
interface Link {
  listen(filters: readonly LiveFilter[]): void;
  leave(): void;
}

/** Items that wait while the page is hidden and gets no frames; with more, everything is read anew. */
const MOST_WAITING = 20_000;
/** ms between two looks while the page is hidden. */
const HIDDEN_MS = 1_000;
/** ms until the stream follows a change of what is listened to: pages leave and come within one click. */
const SETTLE_MS = 50;

const subscriptions = new Set<Subscription>();
const stateListeners = new Set<() => void>();
const resetListeners = new Set<(reason: string) => void>();
let state: LiveState = 'connecting';
let link: Link | null = null;
let linkOf: string | null = null;
let waiting: LiveItem[] = [];
let scheduled = false;
let settling: ReturnType<typeof setTimeout> | null = null;

/** Calls back with the items that pass, at most once a frame, until the returned function is called. Without `runs`: of all runs. */
export function subscribe(filter: LiveFilter, onItems: (items: readonly LiveItem[]) => void): () => void {
  const subscription = { filter, onItems };
  subscriptions.add(subscription);
  settle();
  return () => {
    subscriptions.delete(subscription);
    settle();
  };
}

/** Calls back when items were missed: everything shown is to be read anew. */
export function onReset(listener: (reason: string) => void): () => void {
  resetListeners.add(listener);
  return () => resetListeners.delete(listener);
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(onState, () => state);
}

/**
 * Opens the stream, or joins the one of the other tabs. Called when there is a session.
 *
 * @param session Whose it is: tabs of different sessions share nothing.
 */
export function startLive(session: string): void {
  if (session === linkOf) return;
  link?.leave();
  linkOf = session;
  link = sharedStream(session) ?? ownStream();
  link.listen(wanted());
}

function ownStream(): Link {
  const stream = new LiveStream(apiAddress('/events'), { onItems: receive, onState: setState, onReset: reset });
  return { listen: (filters) => stream.ask(queryOf(unionOf(filters))), leave: () => stream.close() };
}

/** Undefined where the browser has no shared workers, or lets this page have none. */
function sharedStream(session: string): Link | undefined {
  if (typeof SharedWorker === 'undefined') return undefined;
  let worker: SharedWorker;
  try {
    worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: `xtrack ${session}` });
  } catch {
    return undefined;
  }
  const tell = (message: FromTab): void => worker.port.postMessage(message);
  const address = new URL(apiAddress('/events'), location.href).href;
  const listen = (filters: readonly LiveFilter[]): void => tell({ type: 'listen', address, filters });
  const leave = (): void => tell({ type: 'leave' });
  const back = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) listen(wanted());
  };
  worker.port.onmessage = ({ data }: MessageEvent<ToTab>) => {
    if (data.type === 'items') receive(data.items);
    else if (data.type === 'state') setState(data.state);
    else if (data.type === 'reset') reset(data.reason);
    else if (data.type === 'ping') tell({ type: 'here' });
    else listen(wanted());
  };
  addEventListener('pagehide', leave);
  addEventListener('pageshow', back);
  const shared: Link = {
    listen,
    leave: () => {
      removeEventListener('pagehide', leave);
      removeEventListener('pageshow', back);
      worker.port.onmessage = null;
      leave();
      worker.port.close();
    },
  };
  worker.onerror = () => {
    // It could not be loaded, or broke: this tab has a stream of its own, and hears of nothing twice.
    if (link !== shared) return;
    shared.leave();
    link = ownStream();
    link.listen(wanted());
  };
  return shared;
}

function onState(listener: () => void): () => void {
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const listener of stateListeners) listener();
}

function settle(): void {
  if (link === null) return;
  if (settling !== null) clearTimeout(settling);
  settling = setTimeout(() => link?.listen(wanted()), SETTLE_MS);
}

function wanted(): readonly LiveFilter[] {
  return [...subscriptions].map(({ filter }) => filter);
}

function reset(reason: string): void {
  for (const listener of resetListeners) listener(reason);
}

function receive(items: readonly LiveItem[]): void {
  if (waiting.length + items.length > MOST_WAITING) {
    waiting = [];
    reset('too much came at once');
    return;
  }
  waiting.push(...items);
  if (scheduled) return;
  scheduled = true;
  if (document.visibilityState === 'hidden') setTimeout(deliver, HIDDEN_MS);
  else requestAnimationFrame(deliver);
}

function deliver(): void {
  scheduled = false;
  const items = waiting;
  waiting = [];
  for (const { filter, onItems } of subscriptions) {
    const own = items.filter((item) => passes(filter, item));
    if (own.length > 0) onItems(own);
  }
}
