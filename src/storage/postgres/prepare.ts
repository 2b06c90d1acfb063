// What is checked and done before a database is used.

import { XTrackError } from '../../protocol/errors.js';
import { checkServer, connectPlain, type ServerAddress } from './driver.js';
import { checkUpToDate, migrate } from './migrate.js';

/** Checks the server and brings the schema up. Resolves to the schema's name. */
export async function prepare(address: ServerAddress, readOnly: boolean): Promise<string> {
  const client = await connectPlain(address);
  try {
    await checkServer(client);
    if (readOnly) {
      if ((await checkUpToDate(client)) === 0) throw new XTrackError('XT_STORE_OPEN', { detail: 'there is no data yet in the database' });
    } else {
      await migrate(client);
      // Left by processes that were killed; none of them will ask any more what became of its last commit.
      await client.query("DELETE FROM writers WHERE seen_at < clock_timestamp() - interval '30 days'");
    }
    const { rows } = await client.query<{ name: string }>('SELECT current_schema() AS name');
    return rows[0]?.name ?? 'public';
  } finally {
    await client.end().catch(() => undefined);
  }
}
