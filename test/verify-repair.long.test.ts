// As verify-repair.test.ts, on PostgreSQL.

import { afterAll, beforeAll, describe } from 'vitest';
import { POSTGRES, PostgresServer } from './support/postgres.js';
import { folder, repairs } from './support/repairs.js';

describe.skipIf(POSTGRES === undefined)('verify --repair (needs PostgreSQL)', { timeout: 120_000 }, () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  afterAll(() => server.remove());

  repairs('PostgreSQL', async () => {
    const name = await server.createDatabase();
    return {
      directory: await folder(),
      database: server.url(name),
      postgres: true,
      swapped: (column, from, to) => `replace(${column}::text, '${from}', '${to}')::json`,
      change: async (sql) => void (await server.query(sql, name)),
    };
  });
});
