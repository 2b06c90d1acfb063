// `xtrack sensitivity EXPERIMENT METRIC`: which params a metric hangs on, and which of their values do best.

import { Command } from 'commander';
import type { ParamSensitivity } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { outputWidth, print, printJson, remark } from '../../output.js';
import { shortNumber } from '../../terminal/number.js';
import { type Column, table } from '../../terminal/table.js';
import { modeOption } from './best.js';

interface SensitivityOptions extends CommonOptions {
  readonly mode?: 'min' | 'max';
}

/** Cells of the bar of a param that explains everything. */
const BAR = 12;
const BEST_VALUES = 3;

export function sensitivityCommand(): Command {
  return new Command('sensitivity')
    .description('show which params a metric hangs on over the runs of an experiment')
    .argument('<experiment>', 'experiment id')
    .argument('<metric>', 'name of the metric; its best value in each run counts')
    .addOption(modeOption())
    .action(sensitivity);
}

const COLUMNS: readonly Column<ParamSensitivity>[] = [
  { title: 'PARAM', value: ({ key }) => key, flexible: true },
  { title: 'IMPORTANCE', value: ({ importance }) => bar(importance) },
  { title: 'CORRELATION', value: ({ correlation }) => (correlation === null ? '-' : correlation.toFixed(2)), align: 'end', optional: true },
  { title: 'RUNS', value: ({ runs }) => String(runs), align: 'end', optional: true },
  { title: 'BEST VALUES (MEAN)', value: bestValues, flexible: true },
];

function bar(importance: number | null): string {
  if (importance === null) return '-';
  return `${'█'.repeat(Math.round(importance * BAR)).padEnd(BAR)} ${String(Math.round(importance * 100)).padStart(3)}%`;
}

function bestValues({ values }: ParamSensitivity): string {
  return values
    .slice(0, BEST_VALUES)
    .map(({ value, mean }) => `${typeof value === 'number' ? shortNumber(value) : value} (${shortNumber(mean)})`)
    .join('  ');
}

async function sensitivity(experiment: string, metric: string, { mode, ...options }: SensitivityOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const params = await xtrack.paramSensitivity(experiment, metric, mode === undefined ? {} : { mode });
    if (options.json) return await printJson(params);
    if (params.length === 0) return remark('no param differs between these runs');
    await print(...table(COLUMNS, params, outputWidth()));
    if (params.every(({ importance }) => importance === null)) remark('importance needs 8 runs or more');
  });
}
