// What can be exported as a table: the points of metrics, params, tags, runs and logs, of one run or many.

import type { JsonValue, LogEntry, Param } from '../../protocol/index.js';
import type { RunRecord, StoreReader } from '../../storage/store.js';
import { toRun } from '../run.js';
import { type MetricPage, type StreamMetricsOptions, streamPages } from '../series/stream.js';
import { batchOf, type Column, type RowBatch, type Table } from './table.js';

export type ExportedTable = 'metrics' | 'params' | 'tags' | 'runs' | 'logs';

/** Points made rows at once. */
const ROWS = 16_384;
/** Entries read at once. */
const PAGE = 1_000;
/** Params of one run. */
const MOST_PARAMS = 1_000_000;

const text = (name: string): Column => ({ name, type: 'text' });
const json = (name: string): Column => ({ name, type: 'json' });
const time = (name: string): Column => ({ name, type: 'time' });
const integer = (name: string): Column => ({ name, type: 'integer' });

const COLUMNS: Readonly<Record<ExportedTable, readonly Column[]>> = {
  metrics: [
    ...['run_id', 'key', 'phase', 'aggregation', 'worker', 'incarnation'].map(text),
    ...['seq', 'step'].map(integer),
    { name: 'epoch', type: 'number' },
    time('ts'),
    { name: 'value', type: 'number' },
    { name: 'superseded', type: 'boolean' },
  ],
  params: [text('run_id'), text('key'), json('value')],
  tags: ['run_id', 'key', 'value'].map(text),
  runs: [
    ...['run_id', 'name', 'status', 'experiment_id', 'parent_run_id'].map(text),
    ...['created_at', 'started_at', 'ended_at'].map(time),
    text('message'),
    ...['error', 'tags', 'final_metrics', 'source', 'environment'].map(json),
  ],
  logs: [
    text('run_id'),
    time('ts'),
    ...['level', 'logger', 'message', 'worker'].map(text),
    ...['seq', 'step'].map(integer),
    json('fields'),
  ],
};

/** The table over these runs, in their order. `points`: which points, for `metrics`. */
export function tableOf(reader: StoreReader, runs: readonly RunRecord[], what: ExportedTable, points: StreamMetricsOptions): Table {
  const columns = COLUMNS[what];
  const rowsOf = {
    metrics: (run: RunRecord) => metricRows(reader, run, points),
    params: (run: RunRecord) => paramRows(reader, run),
    tags: tagRows,
    runs: runRows,
    logs: (run: RunRecord) => logRows(reader, run),
  }[what];
  return { columns, batches: overRuns(runs, rowsOf) };
}

async function* overRuns(runs: readonly RunRecord[], rowsOf: (run: RunRecord) => AsyncIterable<RowBatch>): AsyncGenerator<RowBatch> {
  for (const run of runs) yield* rowsOf(run);
}

async function* metricRows(reader: StoreReader, run: RunRecord, options: StreamMetricsOptions): AsyncGenerator<RowBatch> {
  for await (const page of streamPages(reader, run.runId, options)) {
    for (let from = 0; from < page.seq.length; from += ROWS) yield pointRows(page, from);
  }
}

function pointRows(page: MetricPage, from: number): RowBatch {
  const { runId, key, phase, aggregation, worker, incarnation, supersededFrom } = page;
  const part = (column: Float64Array): Float64Array => column.subarray(from, from + ROWS);
  const [seq, step, epoch, ts, value] = [part(page.seq), part(page.step), part(page.epoch), part(page.ts), part(page.value)];
  const { length } = seq;
  const same = (one: JsonValue): JsonValue[] => new Array<JsonValue>(length).fill(one);
  const present = (column: Float64Array): JsonValue[] => Array.from(column, (one) => (Number.isNaN(one) ? null : one));
  const names = [runId, key, phase || null, aggregation || null, worker, incarnation].map(same);
  const superseded = Array.from(step, (one) => one >= supersededFrom);
  return { length, columns: [...names, seq, present(step), present(epoch), ts, value, superseded] };
}

async function* paramRows(reader: StoreReader, { runId }: RunRecord): AsyncGenerator<RowBatch> {
  const params = (await reader.getEntries({ runId, kind: 'param', limit: MOST_PARAMS })) as Param[];
  yield batchOf(
    COLUMNS.params.length,
    params.map(({ key, value }) => [runId, key, value]),
  );
}

async function* tagRows({ runId, tags }: RunRecord): AsyncGenerator<RowBatch> {
  yield batchOf(
    COLUMNS.tags.length,
    Object.entries(tags).map(([key, value]) => [runId, key, value]),
  );
}

async function* runRows(record: RunRecord): AsyncGenerator<RowBatch> {
  const { runId, name, status, experimentId, parentRunId, message, error, tags, finalMetrics, source, environment } = toRun(record);
  const times = [record.createdAt, record.startedAt, record.endedAt];
  // Plain data by their types, without the signature that would say so.
  const parts = [error, tags, finalMetrics, source, environment] as unknown as JsonValue[];
  yield batchOf(COLUMNS.runs.length, [[runId, name, status, experimentId, parentRunId, ...times, message, ...parts]]);
}

async function* logRows(reader: StoreReader, { runId }: RunRecord): AsyncGenerator<RowBatch> {
  for (let offset = 0; ; offset += PAGE) {
    const page = (await reader.getEntries({ runId, kind: 'log', offset, limit: PAGE })) as LogEntry[];
    yield batchOf(COLUMNS.logs.length, page.map(logRow));
    if (page.length < PAGE) return;
  }
}

function logRow({ runId, ts, level, logger, message, worker, seq, step, fields }: LogEntry): JsonValue[] {
  return [runId, ts, level, logger ?? null, message, worker, seq, step ?? null, (fields as JsonValue | undefined) ?? null];
}
