// The SQLite store keeps the contract of the port.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../../testing/store-contract.js';
import { openSqliteStore } from './store.js';

storeContract({
  name: 'sqlite',
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'xtrack-store-'));
    let store = await openSqliteStore({ directory });
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await openSqliteStore({ directory });
        return store;
      },
      dispose: async () => {
        await store.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});
