// The PostgreSQL store keeps the contract of the port, on a real server.

import { afterAll, beforeAll, describe } from 'vitest';
import { POSTGRES, PostgresServer } from '../../../test/support/postgres.js';
import { storeContract } from '../../testing/store-contract.js';
import { openPostgresStore } from './store.js';

describe.skipIf(POSTGRES === undefined)('on a private server (needs PostgreSQL)', () => {
  let server: PostgresServer;
  /** An empty store, of which each test has a copy: to make the tables takes longer than most tests do. */
  let empty: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
    empty = await server.createDatabase();
    await (await openPostgresStore({ url: server.url(empty) })).close();
  });

  afterAll(() => server.remove());

  storeContract({
    name: 'postgres',
    open: async () => {
      const url = server.url(await server.createDatabase(empty));
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
