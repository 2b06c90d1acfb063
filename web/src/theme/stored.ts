// Settings that stay in this browser, under `xtrack.*`: read once, shared by every part of the page and by its other tabs.

import { useSyncExternalStore } from 'react';

export interface Stored<T> {
  get(): T;
  set(value: T): void;
  use(): T;
}

/** A value kept under a name. `read` makes it of what is found there, which anybody may have written; storage that is full or shut is no error. */
export function stored<T>(name: string, read: (found: unknown) => T): Stored<T> {
  const key = `xtrack.${name}`;
  const listeners = new Set<() => void>();
  let value = read(load(key));
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const listen = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  globalThis.addEventListener?.('storage', (event: StorageEvent) => {
    if (event.key !== key) return;
    value = read(load(key));
    tell();
  });
  return {
    get: () => value,
    set(next) {
      value = next;
      save(key, next);
      tell();
    },
    use: () => useSyncExternalStore(listen, () => value),
  };
}

function load(key: string): unknown {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full, or forbidden: the setting holds until the page is left.
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
