// The PostgreSQL store keeps the contract of the port, on a real server.

import { afterAll, beforeAll, describe } from 'vitest';
import { POSTGRES, PostgresServer } from '../../../test/support/postgres.js';
import { storeContract } from '../../testing/store-contract.js';
import { openPostgresStore } from './store.js';

describe.skipIf(POSTGRES === undefined)('on a private server (needs PostgreSQL)', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  afterAll(() => server.remove());

  storeContract({
    name: 'postgres',
    open: async () => {
      const url = server.url(await server.createDatabase());
      let store = await openPostgresStore({ url });
      return {
        store,
        reopen: async () => {
          await store.close();
          store = await openPostgresStore({ url });
          return store;
        },
        dispose: () => store.close(),
      };
    },
  });
});
