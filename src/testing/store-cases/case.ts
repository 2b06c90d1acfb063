// One test of the store contract, and what it is run on.

import type { Store } from '../../storage/store.js';

/** A fresh, empty store. `reopen` closes it and opens the same data again; a store that keeps nothing has none. */
export interface StoreUnderTest {
  readonly store: Store;
  reopen?(): Promise<Store>;
  /** Closes whatever is open and removes the data. */
  dispose(): Promise<void>;
}

/** Declares one test of the contract. */
export type StoreCase = (name: string, body: (subject: StoreUnderTest) => Promise<void>) => void;
