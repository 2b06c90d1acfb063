// The memory store keeps the contract of the port, but for what needs a disk.

import { storeContract } from '../../testing/store-contract.js';
import { openMemoryStore } from './store.js';

storeContract({
  name: 'memory',
  open: async () => {
    const store = await openMemoryStore();
    return { store, dispose: () => store.close() };
  },
  durable: false,
});
