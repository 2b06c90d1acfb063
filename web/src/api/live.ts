// The live stream: one connection for the whole page, whatever its parts listen to; what comes is handed out once a frame.

import { useSyncExternalStore } from 'react';
import { apiAddress, queryOf } from './client';
import { type LiveFilter, passes, unionOf } from './live-filter';
import type { LiveItem } from './types';

export type { LiveFilter } from './live-filter';

/** `connecting`: for the first time. `reconnecting`: what is shown may be old; nothing is lost, the stream goes on where it was. */
export type LiveState = 'connecting' | 'live' | 'reconnecting';

interface Subscription {
  readonly filter: LiveFilter;
  readonly onItems: (items: readonly LiveItem[]) => void;
}

/** Items that wait while the page is hidden and gets no frames; with more, everything is read anew. */
const MOST_WAITING = 20_000;
/** ms between two looks while the page is hidden. */
const HIDDEN_MS = 1_000;
/** ms until the stream follows a change of what is listened to: pages leave and come within one click. */
const SETTLE_MS = 50;
const RETRY_MS = { first: 500, most: 10_000 } as const;

const subscriptions = new Set<Subscription>();
const stateListeners = new Set<() => void>();
const resetListeners = new Set<(reason: string) => void>();
let state: LiveState = 'connecting';
let source: EventSource | null = null;
/** What the open stream was asked for. */
let asked: string | null = null;
let lastId = '';
let waiting: LiveItem[] = [];
let scheduled = false;
let settling: ReturnType<typeof setTimeout> | null = null;
let retrying: ReturnType<typeof setTimeout> | null = null;
let retryMs: number = RETRY_MS.first;

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

/** Opens the stream. Called once, when there is a session. */
export function startLive(): void {
  open();
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
  if (source === null && retrying === null) return;
  if (settling !== null) clearTimeout(settling);
  settling = setTimeout(() => {
    if (wanted() !== asked) open();
  }, SETTLE_MS);
}

function wanted(): string {
  return queryOf(unionOf([...subscriptions].map(({ filter }) => filter)));
}

function open(): void {
  source?.close();
  if (retrying !== null) clearTimeout(retrying);
  retrying = null;
  asked = wanted();
  const resumed = lastId !== '';
  const separator = asked === '' ? '?' : '&';
  const stream = new EventSource(apiAddress(`/events${asked}${resumed ? `${separator}lastEventId=${encodeURIComponent(lastId)}` : ''}`));
  source = stream;
  stream.onopen = () => {
    retryMs = RETRY_MS.first;
    setState('live');
    if (!resumed) reset('the stream begins');
  };
  stream.onerror = () => {
    if (source !== stream) return;
    setState('reconnecting');
    // The browser itself tries again, unless the answer was a refusal.
    if (stream.readyState === EventSource.CLOSED) retry();
  };
  stream.addEventListener('items', (event) => {
    lastId = event.lastEventId;
    receive(JSON.parse(event.data as string) as LiveItem[]);
  });
  stream.addEventListener('reset', (event) => {
    lastId = event.lastEventId;
    reset((JSON.parse(event.data as string) as { readonly reason: string }).reason);
  });
  stream.addEventListener('lagged', () => reset('the page could not keep up'));
}

function retry(): void {
  retrying ??= setTimeout(() => {
    retrying = null;
    retryMs = Math.min(RETRY_MS.most, retryMs * 2);
    open();
  }, retryMs);
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
