// The memory store keeps the contract of the port, but for what needs a disk.

import { storeContract } from '../../testing/store-contract.js';
import { openMemoryStore } from './store.js';

storeContract({
  name: 'memory',
  open: async () => {
    const store = await openMemoryStore();
    return { store, dispose: () => store.close() };
  },
  skip: [
    {
      reason: 'keeps nothing',
      tests: ['shows the same after opening again, and goes on from there', 'replays events without an incarnation under the implied one'],
    },
  ],
});
