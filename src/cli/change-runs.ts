// Deletes, restores and purges runs: by the control planes of the data directory where there are any, so that they forget them too, and
// else by one of this process.

import { XTrackError } from '../index.js';
import { RunsAnywhere } from '../server/control/runs-anywhere.js';
import { type CommonOptions, reading, writing } from './context.js';

export type RunChange = 'delete' | 'restore' | 'purge';

export async function changeRuns(
  options: CommonOptions,
  change: RunChange,
  runIds: readonly string[],
  changed: (runId: string) => Promise<void>,
): Promise<void> {
  const waiting = [...runIds];
  const each = async (runs: RunsAnywhere): Promise<void> => {
    for (let [runId] = waiting; runId !== undefined; [runId] = waiting) {
      await runs[change](runId);
      waiting.shift();
      await changed(runId);
    }
  };
  try {
    await reading(options, (xtrack) => each(new RunsAnywhere(xtrack)));
  } catch (error) {
    // Nobody else is there.
    if (!(error instanceof XTrackError) || error.code !== 'XT_RUN_NOT_LIVE') throw error;
    await writing(options, (xtrack) => each(new RunsAnywhere(xtrack)));
  }
}
