// Keys that do something wherever one is on the page: pages say which while they are shown, the help sheet lists them.

import { useEffect, useRef, useSyncExternalStore } from 'react';
import { type KeyPress, matchKeys } from './key-match';

export interface Shortcut {
  /** `mod+k`, `shift+x`, `?`, or two after one another: `g r`. */
  readonly keys: string;
  readonly label: string;
  /** Chapter of the help sheet. */
  readonly group: string;
  readonly run: () => void;
}

/** ms between the two keys of a sequence. */
const SEQUENCE_MS = 1_000;

let shortcuts: readonly Shortcut[] = [];
let before: { readonly key: string; readonly at: number } | null = null;
const listeners = new Set<() => void>();

function change(next: readonly Shortcut[]): void {
  shortcuts = next;
  for (const listener of listeners) listener();
}

/** Adds them while the component is shown. The newest comes first where two have the same keys. */
export function useShortcuts(added: readonly Shortcut[]): void {
  const latest = useRef(added);
  latest.current = added;
  const names = added.map(({ keys, label, group }) => `${keys}\n${label}\n${group}`).join('\n\n');
  useEffect(() => {
    // What they do may change with every drawing; which there are, seldom.
    const own = names.split('\n\n').map((name, at): Shortcut => {
      const [keys = '', label = '', group = ''] = name.split('\n');
      return { keys, label, group, run: () => latest.current[at]?.run() };
    });
    change([...own, ...shortcuts]);
    return () => change(shortcuts.filter((one) => !own.includes(one)));
  }, [names]);
}

export function useAllShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shortcuts,
  );
}

/** Listens to the keyboard. Called once. */
export function useKeyboard(): void {
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const press: KeyPress = { key: event.key, mod: event.ctrlKey || event.metaKey, shift: event.shiftKey, alt: event.altKey };
  const prefix = before !== null && event.timeStamp - before.at < SEQUENCE_MS ? before.key : null;
  const found = shortcuts.find(({ keys }) => matchKeys(keys, press, prefix) && mayRun(keys, event));
  before = event.key.length === 1 && !press.mod ? { key: event.key, at: event.timeStamp } : before;
  if (found === undefined) return;
  before = null;
  event.preventDefault();
  found.run();
}

/** Not while one writes, not while a dialog is open, and not where the key already means something to what has the focus. */
function mayRun(keys: string, { target }: KeyboardEvent): boolean {
  if (keys.startsWith('mod+')) return true;
  if (!(target instanceof HTMLElement)) return true;
  if (target.isContentEditable || target.closest('input:not([type=checkbox]), textarea, select, [role=dialog], [role=menu]') !== null)
    return false;
  return !(keys === 'enter' || keys === 'space') || target.closest('a, button, summary, [role=button], input') === null;
}
