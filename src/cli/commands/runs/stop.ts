// `xtrack stop RUN`: asks the control plane that has the run to stop it, and waits until it has ended.

import { Command } from 'commander';
import { XTrackError } from '../../../index.js';
import { isFinal } from '../../../protocol/events.js';
import { RunsAnywhere } from '../../../server/control/runs-anywhere.js';
import { type CommonOptions, reading } from '../../context.js';
import { numberFrom } from '../../key-value.js';
import { print, printJson } from '../../output.js';
import { runSummary } from '../../run-json.js';
import { findRun } from '../../run-reference.js';

interface StopOptions extends CommonOptions {
  readonly grace?: number;
}

export function stopCommand(): Command {
  return new Command('stop')
    .description('stop a live run: a stop command, then SIGTERM, then SIGKILL')
    .argument('<run>', 'run id, its beginning, or latest')
    .option('--grace <seconds>', 'time for each of these steps', numberFrom('--grace', 0, false))
    .action(stop);
}

async function stop(reference: string, options: StopOptions): Promise<void> {
  const grace = options.grace === undefined ? {} : { graceMs: options.grace * 1000 };
  const run = await reading(options, async (xtrack) => {
    const { runId, status } = await findRun(xtrack, reference);
    if (isFinal(status)) throw new XTrackError('XT_RUN_NOT_LIVE', { detail: `the run has ended: it is ${status}` });
    return await new RunsAnywhere(xtrack).stop(runId, grace);
  });
  if (options.json) await printJson(runSummary(run));
  else await print(`${run.status} ${run.runId}`);
}
