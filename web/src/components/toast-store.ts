// Short messages about what was just done, each with a way back where there is one.

import { useSyncExternalStore } from 'react';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 8_000;
const MOST = 4;

const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let next = 1;

function change(changed: readonly Toast[]): void {
  toasts = changed;
  for (const listener of listeners) listener();
}

export function showToast(text: string, { bad = false, action }: { readonly bad?: boolean; readonly action?: Toast['action'] } = {}): void {
  const id = next++;
  change([...toasts, { id, text, bad, ...(action && { action }) }].slice(-MOST));
  setTimeout(() => hideToast(id), SHOWN_MS);
}

export function hideToast(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
