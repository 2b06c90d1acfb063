// Opening a database: the schema is brought up once and never down, and what is in it can be asked in plain SQL.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { POSTGRES, PostgresServer } from '../../../test/support/postgres.js';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import { openPostgresStore } from './store.js';

describe.skipIf(POSTGRES === undefined)('opening a database (needs PostgreSQL)', () => {
  let server: PostgresServer;
  let database: string;
  let url: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  beforeEach(async () => {
    database = await server.createDatabase();
    url = server.url(database);
  });

  afterAll(() => server.remove());

  it('waits for a server that starts later, where it is told to, and goes on by itself', async () => {
    await server.stop('immediate');
    await expect(openPostgresStore({ url })).rejects.toMatchObject({ code: 'XT_STORE_OPEN' });
    const opening = openPostgresStore({ url, waitFor: Number.POSITIVE_INFINITY });
    await server.go();
    const store = await opening;
    await store.commit(new SampleRun().metric({ seq: 1 }).take());
    await store.close();
  });

  it('does not wait for what a server that is there refuses', async () => {
    const opening = openPostgresStore({ url: server.url('nowhere'), waitFor: Number.POSITIVE_INFINITY });
    await expect(opening).rejects.toMatchObject({ code: 'XT_STORE_OPEN', message: expect.stringContaining('nowhere') });
  });

  it('says that there is no data yet when it should only read, and makes nothing', async () => {
    await expect(openPostgresStore({ url, readOnly: true })).rejects.toMatchObject({
      code: 'XT_STORE_OPEN',
      message: expect.stringContaining('no data yet'),
    });
    expect(await server.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", database)).toEqual([]);
  });

  it('refuses to write through a read-only store', async () => {
    await (await openPostgresStore({ url })).close();
    const store = await openPostgresStore({ url, readOnly: true });
    await expect(store.commit(new SampleRun().take())).rejects.toMatchObject({ code: 'XT_STORE_READ_ONLY' });
    await expect(store.deleteRun('r')).rejects.toMatchObject({ code: 'XT_STORE_READ_ONLY' });
    expect(await store.findRuns({})).toEqual([]);
    await store.close();
  });

  it('refuses data that a newer version wrote, and leaves it as it is', async () => {
    await (await openPostgresStore({ url })).close();
    await server.query("INSERT INTO migrations (name) VALUES ('9999-later.sql')", database);
    for (const readOnly of [true, false]) {
      await expect(openPostgresStore({ url, readOnly })).rejects.toMatchObject({ code: 'XT_STORE_VERSION' });
    }
  });

  it('refuses a database that does not hold Unicode', async () => {
    await server.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    await expect(openPostgresStore({ url: server.url('latin') })).rejects.toMatchObject({
      code: 'XT_STORE_OPEN',
      message: expect.stringContaining('UTF8'),
    });
  });

  it('brings the schema up once, however many open at the same time', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => openPostgresStore({ url })));
    const runs = stores.map(() => new SampleRun());
    await Promise.all(stores.map((store, at) => store.commit((runs[at] as SampleRun).metric({ seq: 1 }).take())));
    expect(await stores[0]?.findRuns({})).toHaveLength(5);
    for (const store of stores) await store.close();
    const names = (await server.query<{ name: string }>('SELECT name FROM migrations', database)).map(({ name }) => name);
    expect(names).toEqual(['0001-first.sql', '0002-pyramid.sql', '0003-revisions.sql']);
    expect(await server.query('SELECT * FROM writers', database)).toEqual([]);
  });

  it('keeps to the schema that the address names, apart from others in the same database', async () => {
    await server.query('CREATE SCHEMA one; CREATE SCHEMA two', database);
    const place = (schema: string): string => `${url}&options=${encodeURIComponent(`-c search_path=${schema}`)}`;
    const [one, two] = [await openPostgresStore({ url: place('one') }), await openPostgresStore({ url: place('two') })];
    await one.commit(new SampleRun('r').metric({ seq: 1 }).take());
    expect(await two.findRuns({})).toEqual([]);
    expect(await one.findRuns({})).toHaveLength(1);
    await Promise.all([one.close(), two.close()]);
  });

  it('shows series and points of a run that has ended in plain SQL, without what is missing', async () => {
    const store = await openPostgresStore({ url });
    const run = new SampleRun('r');
    for (let seq = 1; seq <= 2_500; seq++)
      run.metric({ seq, value: seq === 2_000 ? Number.NaN : seq / 2, ...(seq % 2 === 0 ? { step: seq } : {}) });
    await store.commit(run.take({ runs: [sampleRecord('r', { status: 'completed', endedAt: 1 })] }));
    await store.close();
    const ask = (sql: string) => server.query(sql, database);
    expect(
      await ask("SELECT count(*)::int, max(value) FILTER (WHERE value <> 'NaN') FROM points WHERE run_id = 'r' AND key = 'loss'"),
    ).toEqual([{ count: 2_500, max: 1_250 }]);
    expect(await ask("SELECT step, epoch, value FROM points WHERE run_id = 'r' ORDER BY seq LIMIT 2")).toEqual([
      { step: null, epoch: null, value: 0.5 },
      { step: 2, epoch: null, value: 1 },
    ]);
    expect(await ask('SELECT run_id, key, count, min, max, first, last, last_step FROM series')).toEqual([
      { run_id: 'r', key: 'loss', count: 2_500, min: 0.5, max: 1_250, first: 0.5, last: 1_250, last_step: 2_500 },
    ]);
  });
});
