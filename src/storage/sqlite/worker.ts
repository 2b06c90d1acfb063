// The storage thread: owns the connections, so that a slow disk never stalls sockets and decoding.

import { type Handlers, serveStore } from '../thread/thread-worker.js';
import { openConnections } from './connections.js';
import { Reading } from './reads/reading.js';
import type { ThreadOptions } from './store.js';
import { Writing } from './writes/writing.js';

void serveStore<ThreadOptions>(open);

async function open(options: ThreadOptions): Promise<Handlers> {
  const connections = await openConnections(options);
  const reading = new Reading(options.directory, connections);
  const writing = new Writing(options, connections, reading);
  return {
    ...reading.handlers(),
    ...writing.handlers(),
    close: async () => {
      await writing.stop();
      await reading.close();
      writing.close();
      return undefined;
    },
  };
}
