// What is derived of a run comes back out of its event log, to the bit; of a log that is damaged itself nothing is taken away; and a run that
// a living control plane holds is not touched. On SQLite; on PostgreSQL: verify-repair.long.test.ts.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processStartTime } from '../src/runtime/process/process-identity.js';
import { openWriter } from '../src/storage/sqlite/driver.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { SampleRun, sampleRecord } from '../src/testing/sample-run.js';
import { folder, type Place, repairs, verified } from './support/repairs.js';

async function sqlitePlace(): Promise<Place> {
  const directory = await folder();
  return {
    directory,
    postgres: false,
    swapped: (column, from, to) => `replace(${column}, '${from}', '${to}')`,
    change: async (sql) => {
      const connection = openWriter(join(directory, 'xtrack.db'));
      connection.exec(sql);
      connection.close();
    },
  };
}

describe('verify --repair', { timeout: 120_000 }, () => {
  repairs('SQLite', sqlitePlace);

  it('touches no run that a living control plane holds', async () => {
    const place = await sqlitePlace();
    const store = await openSqliteStore(place);
    const owner = { pid: process.ppid, startTime: processStartTime(process.ppid) as string };
    await store.commit(new SampleRun('held').metric({ seq: 1 }).take({ runs: [sampleRecord('held', { status: 'running', owner })] }));
    await store.close();
    await place.change('DELETE FROM tracks');
    const { held } = await verified(place, true);
    expect(held).toMatchObject({ refused: { code: 'XT_RUN_OWNED' }, repaired: [] });
    expect(held?.findings).not.toEqual([]);
  });
});
