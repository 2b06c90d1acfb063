// The tool that reads a metric at a resolution: few numbers, and no extreme lost among them.

import Type from 'typebox';
import { XTrackError } from '../protocol/errors.js';
import type { AggregatedSeries } from '../query/series/aggregate.js';
import type { MetricAxis, MetricOptions } from '../query/series/metrics.js';
import type { SeriesData } from '../storage/store.js';
import type { AgentView } from './agent-view.js';
import { short } from './answer.js';
import { runIdInput, type Tool, tool } from './tool.js';

/** Rows of an answer, over all series. */
const MOST_POINTS = 500;
const USUAL_POINTS = 100;
const MOST_SERIES = 10;
/** Values beside each other in a row, at most: they come out of the same budget of characters. */
const WORDS = 'ask with fewer max_points, a phase, a worker, or aggregate';

type AnySeries = SeriesData | AggregatedSeries;

const input = {
  run_id: runIdInput,
  key: Type.String({ minLength: 1, maxLength: 500, description: 'name of the metric' }),
  phase: Type.Optional(Type.Enum(['train', 'val', 'test'])),
  worker: Type.Optional(Type.String({ maxLength: 128 })),
  by: Type.Optional(Type.Enum(['step', 'epoch', 'time', 'relative'], { description: 'axis; time: µs since the epoch, relative: seconds' })),
  from: Type.Optional(Type.Number({ description: 'place on the axis' })),
  to: Type.Optional(Type.Number()),
  max_points: Type.Optional(
    Type.Integer({ minimum: 2, maximum: MOST_POINTS, default: USUAL_POINTS, description: 'over all series together' }),
  ),
  aggregate: Type.Optional(Type.Enum(['mean', 'min', 'max', 'sum'], { description: 'all workers as one series' })),
};

export const seriesTool: Tool = tool({
  name: 'get_series',
  title: 'Read a metric',
  description:
    'The values of a metric of a run, worker by worker and phase by phase. Where there are more points than asked for, each row stands for a stretch and keeps its lowest and highest value, so that no spike is lost.',
  effect: 'read',
  input,
  async call(view, { run_id, key, max_points = USUAL_POINTS, ...wanted }) {
    const { runId } = await view.run(run_id);
    const named = await seriesNamed(view, runId, key, wanted);
    const by = wanted.by ?? (named.some(({ first, last }) => first.step !== null || last.step !== null) ? 'step' : 'relative');
    const shown = wanted.aggregate === undefined ? Math.min(named.length, MOST_SERIES) : new Set(named.map(({ phase }) => phase)).size;
    const maxPoints = Math.max(2, Math.floor(max_points / Math.max(1, shown)));
    const found = (await read(view, runId, key, by, maxPoints, wanted)).slice(0, MOST_SERIES);
    const cut = named.length > MOST_SERIES && wanted.aggregate === undefined ? { series_in_all: named.length } : {};
    return { body: { run_id: runId, key, by, ...cut, series: found.map(seriesJson) }, rest: WORDS };
  },
});

interface Wanted {
  readonly phase?: 'train' | 'val' | 'test';
  readonly worker?: string;
  readonly from?: number;
  readonly to?: number;
  readonly aggregate?: 'mean' | 'min' | 'max' | 'sum';
}

async function seriesNamed({ xtrack }: AgentView, runId: string, key: string, { phase, worker }: Wanted) {
  const all = await xtrack.listSeries(runId);
  const named = all.filter(
    (one) => one.key === key && (phase === undefined || one.phase === phase) && (worker === undefined || one.worker === worker),
  );
  if (named.length > 0) return named;
  const near = [...new Set(all.map((one) => one.key))].filter((one) => !one.startsWith('system/')).slice(0, 20);
  throw new XTrackError('XT_METRIC_NOT_FOUND', {
    detail: `run '${runId}' has no metric '${key}' like that; it has ${near.length === 0 ? 'none' : near.join(', ')}`,
    field: 'key',
  });
}

async function read(
  { xtrack }: AgentView,
  runId: string,
  key: string,
  by: MetricAxis,
  maxPoints: number,
  wanted: Wanted,
): Promise<AnySeries[]> {
  const { phase, worker, from, to, aggregate } = wanted;
  const options: MetricOptions = {
    by,
    maxPoints,
    ...(phase !== undefined && { phase }),
    ...(worker !== undefined && { worker }),
    ...((from !== undefined || to !== undefined) && { range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } }),
  };
  return aggregate === undefined
    ? await xtrack.getMetrics(runId, key, options)
    : await xtrack.getMetrics(runId, key, { ...options, aggregate });
}

function seriesJson(series: AnySeries): object {
  const columns = columnsOf(series);
  const rows = Array.from(series.x, (_, at) => columns.map(([, values]) => short(values[at] as number)));
  return {
    ...(series.phase !== '' && { phase: series.phase }),
    ...(series.kind === 'aggregated'
      ? { workers: series.workers.length, aggregate: series.aggregate }
      : series.worker !== '' && { worker: series.worker }),
    points: series.total,
    columns: columns.map(([name]) => name),
    rows,
  };
}

function columnsOf(series: AnySeries): [string, Float64Array][] {
  if (series.kind === 'points')
    return [
      ['x', series.x],
      ['value', series.value],
    ];
  const middle: [string, Float64Array] = series.kind === 'buckets' ? ['mean', series.mean] : ['value', series.value];
  const lost: [string, Float64Array][] = series.nonFinite.some((count) => count > 0) ? [['not_finite', series.nonFinite]] : [];
  return [['x', series.x], middle, ['min', series.min], ['max', series.max], ['count', series.count], ...lost];
}
