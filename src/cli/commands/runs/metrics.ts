// `xtrack metrics RUN KEY`: the points of a metric, as JSON for scripts, as a plot and a table for eyes.

import { Command, Option } from 'commander';
import type { Aggregate, MetricAxis, MetricOptions, Phase, XTrack } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { numberFrom } from '../../key-value.js';
import { type AnySeries, drawSeries, headline } from '../../metric-picture.js';
import { outputWidth, print, printJsonArray } from '../../output.js';
import { findRun } from '../../run-reference.js';
import { seriesRows } from '../../series-json.js';
import { shortNumber } from '../../terminal/number.js';
import { type Column, table } from '../../terminal/table.js';

/** Cells. */
const PLOT_WIDTH = 120;
const PLOT_HEIGHT = 13;
const LEAST_HEIGHT = 5;
/** Lines of the terminal that are left to titles, axis and table. */
const LINES_AROUND = 8;
/** Buckets a cell: as many as it has dots across. */
const DOTS = 2;
/** Points read for the table of a series that has more. */
const TABLE_POINTS = 400;
/** Rows of the table at each end. */
const ENDS = 5;

interface MetricsOptions extends CommonOptions {
  readonly from?: number;
  readonly to?: number;
  readonly by?: MetricAxis;
  readonly maxPoints?: number;
  readonly worker?: string;
  readonly phase?: Phase;
  readonly aggregate?: Aggregate;
  readonly superseded?: 'hide' | 'show' | 'only';
  /** Undefined: on a terminal. */
  readonly plot?: boolean;
}

/** What of a run is asked for. */
interface Subject {
  readonly xtrack: XTrack;
  readonly runId: string;
  readonly key: string;
}

export function metricsCommand(): Command {
  return new Command('metrics')
    .description('show the points of a metric')
    .argument('<run>', 'run id, its beginning, or latest')
    .argument('<key>', 'name of the metric')
    .addOption(
      new Option('--by <axis>', 'axis of the plot, the range and the buckets; time in µs, relative in seconds').choices([
        'step',
        'epoch',
        'time',
        'relative',
      ]),
    )
    .option('--from <place>', 'first step, or place on the axis', numberFrom('--from', Number.NEGATIVE_INFINITY, false))
    .option('--to <place>', 'last one', numberFrom('--to', Number.NEGATIVE_INFINITY, false))
    .option('--max-points <n>', 'at most so many points or buckets a series', numberFrom('--max-points', 1))
    .option('--worker <id>', 'only this worker')
    .addOption(new Option('--phase <phase>', 'only this phase').choices(['train', 'val', 'test']))
    .addOption(new Option('--aggregate <how>', 'all workers as one series').choices(['mean', 'min', 'max', 'sum']))
    .addOption(new Option('--superseded <how>', 'points that a restart logged anew').choices(['hide', 'show', 'only']))
    .option('--plot', 'draw a plot (default: on a terminal)')
    .option('--no-plot', 'draw none')
    .action(metrics);
}

async function metrics(reference: string, key: string, options: MetricsOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const subject = { xtrack, runId: (await findRun(xtrack, reference)).runId, key };
    if (options.json) {
      const series = await read(subject, options, {});
      return await printJsonArray(series.flatMap((one) => [...seriesRows(one, options.by !== undefined)]));
    }
    const plotted = (options.plot ?? process.stdout.isTTY) ? await drawPlots(subject, options) : 0;
    if (plotted > 1) return;
    for (const series of await read(subject, options, { maxPoints: TABLE_POINTS })) {
      if (plotted === 0) await print(headline(series, outputWidth()));
      await print(...endsOf(series), '');
    }
  });
}

async function read({ xtrack, runId, key }: Subject, options: MetricsOptions, more: MetricOptions): Promise<AnySeries[]> {
  const question = { ...more, ...questionOf(options) };
  const { aggregate } = options;
  return aggregate === undefined
    ? await xtrack.getMetrics(runId, key, question)
    : await xtrack.getMetrics(runId, key, { ...question, aggregate });
}

function questionOf({ from, to, by, maxPoints, worker, phase, superseded }: MetricsOptions): MetricOptions {
  return {
    ...((from !== undefined || to !== undefined) && { range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } }),
    ...(by !== undefined && { by }),
    ...(maxPoints !== undefined && { maxPoints }),
    ...(worker !== undefined && { worker }),
    ...(phase !== undefined && { phase }),
    ...(superseded !== undefined && { superseded }),
  };
}

/** How many series were drawn. */
async function drawPlots(subject: Subject, options: MetricsOptions): Promise<number> {
  const width = Math.min(PLOT_WIDTH, outputWidth());
  const by = options.by ?? (await axisOf(subject));
  const series = await read(subject, options, { by, maxPoints: width * DOTS });
  const room = (process.stdout.rows || PLOT_HEIGHT + LINES_AROUND) - LINES_AROUND;
  // Odd, so that there is a line in the middle.
  const height = Math.max(LEAST_HEIGHT, Math.min(PLOT_HEIGHT, room)) | 1;
  await print(...drawSeries(series, by, { width, height }));
  return series.length;
}

/** Steps, where the metric was logged with them. */
async function axisOf({ xtrack, runId, key }: Subject): Promise<MetricAxis> {
  const all = (await xtrack.listSeries(runId)).filter((series) => series.key === key);
  const hasSteps = all.length === 0 || all.some(({ first, last }) => first.step !== null || last.step !== null);
  return hasSteps ? 'step' : 'relative';
}

type Row = readonly [step: string, value: string];

const COLUMNS: readonly Column<Row>[] = [
  { title: 'STEP', value: (row) => row[0], align: 'end' },
  { title: 'VALUE', value: (row) => row[1], align: 'end' },
];

/** The first rows and the last ones. */
function endsOf(series: AnySeries): string[] {
  const values = series.kind === 'buckets' ? series.last : series.value;
  const steps = series.kind === 'points' ? series.step : series.lastStep;
  const row = (at: number): Row => [Number.isNaN(steps[at]) ? '-' : String(steps[at]), shortNumber(values[at] as number)];
  const all = Array.from(values.keys());
  const rows: Row[] =
    all.length <= 2 * ENDS + 1 ? all.map(row) : [...all.slice(0, ENDS).map(row), ['…', '…'], ...all.slice(-ENDS).map(row)];
  return table(COLUMNS, rows, outputWidth());
}
