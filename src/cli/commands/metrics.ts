// `xtrack metrics RUN KEY`: the points of a metric, as JSON for scripts, as a plot and a table for eyes.

import { Command } from 'commander';
import colors from 'picocolors';
import { type Phase, type SeriesData, XTrackError } from '../../index.js';
import { type CommonOptions, reading } from '../context.js';
import { numberFrom } from '../key-value.js';
import { outputWidth, print, printJsonArray } from '../output.js';
import { findRun } from '../run-reference.js';
import { seriesRows } from '../series-json.js';
import { shortNumber } from '../terminal/number.js';
import { plot } from '../terminal/plot.js';
import { styled } from '../terminal/styled.js';
import { type Column, table } from '../terminal/table.js';
import { plainText } from '../terminal/text.js';

const PHASES: readonly string[] = ['train', 'val', 'test'];
/** Points read for the plot: more than it has dots across. */
const PLOT_POINTS = 400;
const PLOT_WIDTH = 100;
const PLOT_HEIGHT = 10;
/** Rows of the table at each end. */
const ENDS = 5;

interface MetricsOptions extends CommonOptions {
  readonly from?: number;
  readonly to?: number;
  readonly maxPoints?: number;
  readonly worker?: string;
  readonly phase?: string;
}

type Question = NonNullable<Parameters<import('../../index.js').XTrack['getMetrics']>[2]>;

export function metricsCommand(): Command {
  return new Command('metrics')
    .description('show the points of a metric')
    .argument('<run>', 'run id, its beginning, or latest')
    .argument('<key>', 'name of the metric')
    .option('--from <step>', 'first step', numberFrom('--from', Number.NEGATIVE_INFINITY, false))
    .option('--to <step>', 'last step', numberFrom('--to', Number.NEGATIVE_INFINITY, false))
    .option('--max-points <n>', 'at most so many points or buckets a series', numberFrom('--max-points', 1))
    .option('--worker <id>', 'only this worker')
    .option('--phase <phase>', `only this phase: ${PHASES.join(', ')}`)
    .action(metrics);
}

async function metrics(reference: string, key: string, options: MetricsOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const { runId } = await findRun(xtrack, reference);
    const question = questionOf(options);
    if (options.json) {
      const series = await xtrack.getMetrics(runId, key, question);
      return await printJsonArray(series.flatMap((one) => [...seriesRows(one)]));
    }
    const whole = await xtrack.getMetrics(runId, key, { maxPoints: PLOT_POINTS, ...question });
    for (const series of whole) await print(...picture(series));
  });
}

function questionOf({ from, to, maxPoints, worker, phase }: MetricsOptions): Question {
  if (phase !== undefined && !PHASES.includes(phase)) {
    throw new XTrackError('XT_ARGUMENT', { detail: `${phase} is not one of ${PHASES.join(', ')}`, field: '--phase' });
  }
  return {
    ...((from !== undefined || to !== undefined) && { range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } }),
    ...(maxPoints !== undefined && { maxPoints }),
    ...(worker !== undefined && { worker }),
    ...(phase !== undefined && { phase: phase as Phase }),
  };
}

function picture(series: SeriesData): string[] {
  const { key, phase, worker, total } = series;
  const title = [phase, key, worker === '' ? '' : `worker ${worker}`]
    .filter((part) => part !== '')
    .map(plainText)
    .join(' · ');
  const values = series.kind === 'points' ? series.value : series.last;
  const steps = series.kind === 'points' ? series.step : series.lastStep;
  // Without steps the order of logging is the best there is.
  const across = steps.some(Number.isFinite) ? steps : values.map((_, at) => at);
  return [
    styled(
      [
        [title, colors.bold],
        [`  ${total} points`, colors.dim],
      ],
      outputWidth(),
    ),
    ...plot(across, values, { width: Math.min(PLOT_WIDTH, outputWidth()), height: PLOT_HEIGHT }),
    ...table(COLUMNS, headAndTail(steps, values), outputWidth()),
    '',
  ];
}

type Row = readonly [step: string, value: string];

const COLUMNS: readonly Column<Row>[] = [
  { title: 'STEP', value: (row) => row[0], align: 'end' },
  { title: 'VALUE', value: (row) => row[1], align: 'end' },
];

function headAndTail(steps: Float64Array, values: Float64Array): Row[] {
  const row = (at: number): Row => [Number.isNaN(steps[at]) ? '-' : String(steps[at]), shortNumber(values[at] as number)];
  const all = Array.from(values.keys());
  if (all.length <= 2 * ENDS + 1) return all.map(row);
  return [...all.slice(0, ENDS).map(row), ['…', '…'], ...all.slice(-ENDS).map(row)];
}
