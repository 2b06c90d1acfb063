// `xtrack best EXPERIMENT METRIC`: the runs of an experiment by the best value of a metric.

import { Command, Option } from 'commander';
import { type Ranked, XTrackError } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { numberFrom } from '../../key-value.js';
import { outputWidth, print, printJson } from '../../output.js';
import { runSummary } from '../../run-json.js';
import { localTime, shortNumber } from '../../terminal/number.js';
import { type Column, table } from '../../terminal/table.js';

interface BestOptions extends CommonOptions {
  readonly mode?: 'min' | 'max';
  readonly limit?: number;
}

export function bestCommand(): Command {
  return new Command('best')
    .description('rank the runs of an experiment by the best value of a metric')
    .argument('<experiment>', 'experiment id')
    .argument('<metric>', 'name of the metric')
    .addOption(modeOption())
    .option('--limit <n>', 'at most so many (default: 10)', numberFrom('--limit', 1))
    .action(best);
}

/** `--mode`, shared by the commands that ask which end is better. */
export function modeOption(): Option {
  return new Option('--mode <end>', 'which end is better (default: by the name; min for losses and errors)').choices(['min', 'max']);
}

const COLUMNS: readonly Column<Ranked>[] = [
  { title: 'RUN', value: ({ run }) => run.runId },
  { title: 'STATUS', value: ({ run }) => run.status, optional: true },
  { title: 'NAME', value: ({ run }) => run.name ?? '-', flexible: true },
  { title: 'VALUE', value: ({ value }) => shortNumber(value), align: 'end' },
  { title: 'STARTED', value: ({ run }) => localTime(run.startedAt), optional: true },
];

async function best(experiment: string, metric: string, { mode, limit, ...options }: BestOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const ranked = await xtrack.leaderboard(experiment, metric, {
      ...(mode !== undefined && { mode }),
      ...(limit !== undefined && { limit }),
    });
    if (options.json) return await printJson(ranked.map(({ run, value }) => ({ ...runSummary(run), value })));
    if (ranked.length === 0)
      throw new XTrackError('XT_METRIC_NOT_FOUND', { detail: `no run of experiment '${experiment}' has the metric '${metric}'` });
    await print(...table(COLUMNS, ranked, outputWidth()));
  });
}
