// Deletes, restores and purges runs through the server of the data directory where there is one, so that it forgets them too.

import { ControlClient } from '../server/control/client.js';
import { type CommonOptions, dataDirectory, serveSocket, writing } from './context.js';

export type RunChange = 'deleteRun' | 'restoreRun' | 'purgeRun';

export async function changeRuns(
  options: CommonOptions,
  change: RunChange,
  runIds: readonly string[],
  changed: (runId: string) => Promise<void>,
): Promise<void> {
  const each = async (one: (runId: string) => Promise<unknown>): Promise<void> => {
    for (const runId of runIds) {
      await one(runId);
      await changed(runId);
    }
  };
  const client = await ControlClient.connect(serveSocket(dataDirectory(options)));
  if (client === undefined) return await writing(options, (xtrack) => each((runId) => xtrack[change](runId)));
  try {
    await each((runId) => client.call(change, { runId }));
  } finally {
    client.close();
  }
}
