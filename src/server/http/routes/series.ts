// Metrics: which there are, and their series at the resolution that a chart has.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as othersFirst } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import { isFinal } from '../../../protocol/events.js';
import type { Run } from '../../../query/run.js';
import type { AggregatedSeries } from '../../../query/series/aggregate.js';
import type { MetricQuestion } from '../../../query/series/metrics.js';
import type { MetricPage } from '../../../query/series/stream.js';
import type { SeriesData } from '../../../storage/store.js';
import { JSON_TYPE, jsonText } from '../answers/answer.js';
import { listText, toSummary } from '../answers/series-json.js';
import { type Route, route } from '../route.js';
import { inTurns, RunsInView } from '../runs-in-view.js';
import { anyNumber, runParams } from '../schemas.js';

const MOST_QUERIES = 400;
const MOST_POINTS = 10_000;
/** Points or buckets of a series unless more are asked for. */
const POINTS = 1_000;
/** Runs looked up at once. */
const AT_ONCE = 8;
/** Points of all series of one request. */
const MOST_AT_ONCE = 600_000;
/** Longest time that making texts keeps the thread to itself (ms). */
const SLICE_MS = 10;
/** Points that become one piece of text. */
const PIECE = 2_000;

const view = { scope: 'view', of: 'run' } as const;
const label = Type.String({ maxLength: 512 });
const phase = Type.Enum(['', 'train', 'val', 'test'], { description: "'' is none" });

const options = {
  by: Type.Optional(Type.Enum(['step', 'epoch', 'time', 'relative'], { description: 'time: µs since the epoch; relative: s' })),
  maxPoints: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_POINTS })),
  from: Type.Optional(Type.Number({ description: 'on the axis' })),
  to: Type.Optional(Type.Number({ description: 'on the axis' })),
  aggregate: Type.Optional(Type.Enum(['mean', 'min', 'max', 'sum'], { description: 'merge the workers' })),
  superseded: Type.Optional(Type.Enum(['hide', 'show', 'only'], { description: 'points that a restart logged anew' })),
};

const one = { key: label, phase: Type.Optional(phase), worker: Type.Optional(label) };
const OneMetric = Type.Object({ ...one, ...options });
type OneMetric = Static<typeof OneMetric>;

const point = Type.Object({ step: Type.Unknown(), epoch: Type.Unknown(), ts: Type.Number(), value: anyNumber });
const seriesList = Type.Array(Type.Object({}, { additionalProperties: true, description: 'Columns of numbers, told apart by `kind`' }));

export const seriesRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/runs/:runId/metrics',
    summary: 'Every series of a run with its count, extremes, first and last point',
    chapter: 'metrics',
    access: view,
    params: runParams,
    answer: {
      schema: Type.Array(
        Type.Object({
          key: Type.String(),
          phase,
          worker: Type.String(),
          aggregation: Type.String(),
          count: Type.Integer(),
          min: anyNumber,
          max: anyNumber,
          first: point,
          last: point,
        }),
      ),
    },
    handle: async ({ xtrack, run }) => (await xtrack.listSeries(run)).map(toSummary),
  }),
  route({
    method: 'POST',
    path: '/series',
    summary: 'Many series of many runs at once; what is not there, or may not be seen, is an empty list',
    chapter: 'metrics',
    access: { scope: 'view', of: 'listed' },
    body: Type.Object({
      queries: Type.Array(Type.Object({ runId: Type.String({ maxLength: 512 }), ...one }), { maxItems: MOST_QUERIES }),
      ...options,
    }),
    answer: { schema: Type.Object({ series: Type.Array(seriesList) }) },
    async handle({ xtrack, principal, body, reply }) {
      const { queries, ...shared } = body;
      assertFew(queries.length * (shared.maxPoints ?? POINTS));
      const runs = new RunsInView(xtrack, principal);
      const seen = await inTurns(queries, AT_ONCE, ({ runId }) => runs.get(runId));
      const questions = queries.flatMap(({ runId: _, ...query }, at) => {
        const run = seen[at];
        return run === undefined ? [] : { run, key: query.key, ...toQuestion({ ...query, ...shared }) };
      });
      const found = await textsOf(xtrack.manyMetrics(questions));
      const lists = seen.map((run) => (run === undefined ? '[]' : found.next().value));
      return reply.type(JSON_TYPE).send(`{"series":[${lists.join(',')}]}`);
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/series',
    summary: 'The series of one metric',
    chapter: 'metrics',
    access: view,
    params: runParams,
    query: OneMetric,
    answer: { schema: Type.Object({ series: seriesList }) },
    async handle({ xtrack, run, query, request, reply }) {
      if (isUnchanged(run, request.headers['if-none-match'], reply)) return reply.code(304).send();
      const [list = '[]'] = await textsOf(xtrack.manyMetrics([{ run, key: query.key, ...toQuestion(query) }]));
      return reply.type(JSON_TYPE).send(`{"series":${list}}`);
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/points',
    summary: 'Every point of one metric, as JSON lines',
    chapter: 'metrics',
    access: view,
    params: runParams,
    query: Type.Object(one),
    answer: { media: ['application/x-ndjson'] },
    handle: ({ xtrack, run, query, reply }) => {
      const { key, ...rest } = query;
      const pages = xtrack.streamMetrics(run, { keys: [key], ...rest });
      return reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(pointLines(pages), { objectMode: false }));
    },
  }),
];

/** Throws XT_ARGUMENT. */
function assertFew(points: number): void {
  if (points <= MOST_AT_ONCE) return;
  const detail = `${points} points are asked for, ${MOST_AT_ONCE} at once are the most: ask for fewer series, or for fewer points of each`;
  throw new XTrackError('XT_ARGUMENT', { detail, field: 'maxPoints' });
}

function toQuestion({ phase: only, worker, by, maxPoints = POINTS, from, to, aggregate, superseded }: OneMetric): MetricQuestion {
  return {
    maxPoints,
    ...(only !== undefined && { phase: only }),
    ...(worker !== undefined && { worker }),
    ...(by !== undefined && { by }),
    ...((from !== undefined || to !== undefined) && { range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } }),
    ...(superseded !== undefined && { superseded }),
    ...(aggregate !== undefined && { aggregate }),
  };
}

/** The text of each list; everything else goes first between them now and then. */
async function textsOf(lists: AsyncIterable<readonly (SeriesData | AggregatedSeries)[]>): Promise<IterableIterator<string>> {
  const texts: string[] = [];
  let since = performance.now();
  for await (const list of lists) {
    texts.push(listText(list));
    if (performance.now() - since < SLICE_MS) continue;
    await othersFirst();
    since = performance.now();
  }
  return texts.values();
}

/** A run that is over answers the same until something late comes in, which its counts tell. */
function isUnchanged(run: Run, known: string | undefined, reply: FastifyReply): boolean {
  if (!isFinal(run.status)) {
    reply.header('cache-control', 'no-store');
    return false;
  }
  const seen = createHash('sha256')
    .update(jsonText([run.runId, run.counts, run.endedAt]))
    .digest('base64url');
  const tag = `"${seen.slice(0, 27)}"`;
  reply.header('etag', tag).header('cache-control', 'private, no-cache');
  return (known ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}

async function* pointLines(pages: AsyncIterable<MetricPage>): AsyncGenerator<string> {
  for await (const page of pages) {
    for (let from = 0; from < page.value.length; from += PIECE) {
      let text = '';
      for (let at = from; at < Math.min(from + PIECE, page.value.length); at++) text += `${pointLine(page, at)}\n`;
      yield text;
    }
  }
}

function pointLine({ phase: of, worker, aggregation, incarnation, supersededFrom, ...columns }: MetricPage, at: number): string {
  const numberAt = (column: Float64Array): number | null => {
    const value = column[at] as number;
    return Number.isNaN(value) ? null : value;
  };
  const step = numberAt(columns.step);
  return jsonText({
    step,
    epoch: numberAt(columns.epoch),
    ts: columns.ts[at],
    value: columns.value[at],
    phase: of,
    worker,
    aggregation,
    incarnation,
    superseded: step !== null && step >= supersededFrom,
  });
}
