// Views with a name, kept in this browser: each is an address of the runs page.

import { isRecord, stored } from '../../../theme/stored';
import { readView, writeView } from './view-state';

export interface SavedView {
  readonly name: string;
  /** Of the address, without `?`. */
  readonly search: string;
}

const MOST = 100;
const MOST_NAME = 80;

const store = stored<readonly SavedView[]>('runs.views', readViews);

/** What was found is read as an address is: whatever it says, it is a view of this page and no other place. */
export function readViews(found: unknown): readonly SavedView[] {
  if (!Array.isArray(found)) return [];
  return found.slice(0, MOST).flatMap((one: unknown) => {
    if (!isRecord(one) || typeof one.name !== 'string' || typeof one.search !== 'string') return [];
    return [{ name: one.name.slice(0, MOST_NAME), search: writeView(readView(one.search)) }];
  });
}

export function useSavedViews(): readonly SavedView[] {
  return store.use();
}

/** Replaces a view of the same name. */
export function saveView(name: string, search: string): void {
  const others = store.get().filter((view) => view.name !== name);
  store.set([...others, { name: name.slice(0, MOST_NAME), search }].slice(-MOST));
}

export function removeView(name: string): void {
  store.set(store.get().filter((view) => view.name !== name));
}
