// The questions about runs that need only the store: the reading side of the public API.

import {
  type Artifact,
  type Change,
  type Checkpoint,
  type JsonValue,
  type Knob,
  type LogEntry,
  type Param,
  XTrackError,
} from '../protocol/index.js';
import type { SearchKeys, Shown } from '../storage/search/query.js';
import { typeOf, type Value } from '../storage/search/tree.js';
import type {
  CommandRecord,
  Entry,
  EntryQuery,
  ExperimentSummary,
  RunQuery,
  RunRecord,
  RunWarning,
  SeqRange,
  SeriesData,
  SeriesSummary,
  StoreReader,
  WorkerMark,
} from '../storage/store.js';
import { type ExportOptions, exportBytes, runsOf } from './export/export.js';
import { idOf, type Run, recordOf, toRun } from './run.js';
import { parseSearch, parseValue } from './search/parser.js';
import type { Aggregate, AggregatedSeries } from './series/aggregate.js';
import { type ManyMetricsQuestion, readMany } from './series/many.js';
import { askedMetric, type MetricOptions, type MetricQuestion } from './series/metrics.js';
import { type MetricPage, type StreamMetricsOptions, streamPages } from './series/stream.js';
import { type Visibility, within } from './visibility.js';

/** Logs per call unless asked for more. */
const DEFAULT_LIMIT = 1_000;
/** Runs on a page of a search unless it says otherwise. */
const PAGE = 50;

/** Events that a worker sent and that have not arrived, or that it declared as dropped. */
export interface GapRecord {
  readonly worker: string;
  readonly incarnation: string;
  readonly from: number;
  readonly to: number;
  /** Null while they may still come; else why they are lost. */
  readonly reason: string | null;
}

/** Ranges of one incarnation that have not arrived and that nobody declared. */
function missingRanges(mark: WorkerMark): SeqRange[] {
  const missing: SeqRange[] = [];
  let next = mark.contiguous + 1;
  for (const { from, to } of mark.beyond) {
    if (from > next) missing.push({ from: next, to: from - 1 });
    next = to + 1;
  }
  if (mark.expected !== undefined && mark.expected >= next) missing.push({ from: next, to: mark.expected });
  return missing;
}

function gapsOf(mark: WorkerMark): GapRecord[] {
  const { worker, incarnation } = mark;
  return [
    ...missingRanges(mark).map(({ from, to }) => ({ worker, incarnation, from, to, reason: null })),
    ...mark.declared.map(({ from, to, reason }) => ({ worker, incarnation, from, to, reason: reason ?? 'dropped' })),
  ];
}

export interface SearchOptions extends Visibility {
  /** Of the page before: what its result gave. */
  readonly cursor?: string | null;
  /** Runs on the page, whatever the text says. */
  readonly limit?: number;
  /** Values wanted of each run, in the search language: `params.lr`, `min(metrics.loss)`, `metrics.a - metrics.b`. */
  readonly columns?: readonly string[];
}

/** One page. */
export interface SearchResult {
  readonly runs: Run[];
  /** Per run, one value for each of `columns`; null: it has none. */
  readonly values: (number | string | null)[][];
  /** For the next page; null: this was the last. */
  readonly cursor: string | null;
}

function isoTime(micros: Shown): string | null {
  return typeof micros === 'number' ? new Date(micros / 1000).toISOString() : null;
}

/** Reads runs from a store. Whoever holds a Run that was read here may give it in place of its id: it is not looked up again. */
export class RunReader {
  protected readonly reader: StoreReader;

  constructor(reader: StoreReader) {
    this.reader = reader;
  }

  /** One run. Errors: XT_RUN_NOT_FOUND. */
  async getRun(runId: string): Promise<Run> {
    return toRun(await this.record(runId));
  }

  /** Every run, newest first. */
  async listRuns(): Promise<Run[]> {
    return await this.searchRuns({});
  }

  /** Runs that meet all conditions, newest first. */
  async searchRuns(query: RunQuery): Promise<Run[]> {
    return (await this.reader.findRuns(query)).map(toRun);
  }

  /**
   * Runs for which a search in the search language is true: one page, `limit` runs (default 50) in its order.
   * Errors: XT_SEARCH, which points at the column; XT_ARGUMENT for a cursor of another search.
   *
   * @example await xtrack.search("metrics.val_loss < 0.3 and status = 'completed' order by metrics.val_loss limit 20")
   */
  async search(text: string, options: SearchOptions = {}): Promise<SearchResult> {
    const { where, orderBy, limit } = parseSearch(text);
    const select = (options.columns ?? []).map(parseValue);
    const { runs, values, cursor } = await this.reader.search({
      where: within(where, options),
      orderBy,
      select,
      limit: options.limit ?? limit ?? PAGE,
      cursor: options.cursor ?? null,
      ...(options.deleted && { deleted: options.deleted }),
    });
    const shown = (row: readonly Shown[]): Shown[] =>
      row.map((value, at) => (typeOf(select[at] as Value) === 'time' ? isoTime(value) : value));
    return { runs: runs.map(toRun), values: values.map(shown), cursor };
  }

  /** The keys of params, tags and metrics that there are: what a search can name. Of the runs of some experiments where they are named. */
  async listKeys(experiments?: readonly string[]): Promise<SearchKeys> {
    return await this.reader.listKeys(experiments);
  }

  /** Every experiment with its number of runs, the one in which a run was started last first. Runs in the trash do not count. */
  async listExperiments(): Promise<ExperimentSummary[]> {
    return await this.reader.listExperiments();
  }

  /**
   * The series of a metric, one per (worker, phase, aggregation). With `maxPoints`, buckets that give min, max, first, last, mean and
   * count each, so that no extreme is lost. `by` lays them out along steps, epochs, time or seconds since the run began; `superseded`
   * tells what becomes of points that a restart from a checkpoint logged anew (hidden unless asked for); `aggregate` merges the
   * workers where they are equal on the axis. Errors: XT_RUN_NOT_FOUND, XT_METRIC_NOT_FOUND.
   *
   * @example const [loss] = await xtrack.getMetrics(runId, 'loss', { by: 'relative', maxPoints: 2_000, aggregate: 'mean' });
   */
  async getMetrics(run: Run | string, key: string, options: MetricOptions & { readonly aggregate: Aggregate }): Promise<AggregatedSeries[]>;
  async getMetrics(run: Run | string, key: string, options?: MetricOptions): Promise<SeriesData[]>;
  async getMetrics(run: Run | string, key: string, options: MetricQuestion = {}): Promise<SeriesData[] | AggregatedSeries[]> {
    const record = await this.record(run);
    const { query, finish } = askedMetric(record, key, options);
    const found = finish(await this.reader.readSeries(query));
    if (found.length === 0)
      throw new XTrackError('XT_METRIC_NOT_FOUND', { detail: `run '${record.runId}' has no metric '${key}' like that`, field: 'key' });
    return found;
  }

  /**
   * Many metrics of many runs at once: the series of each question in turn, as getMetrics gives them; none for a metric or a run that is
   * not there. The store is asked once for all of them. Take them as they come: what was made use of need not be kept.
   *
   * @example for await (const [loss] of xtrack.manyMetrics(runs.map((run) => ({ run, key: 'loss', maxPoints: 500 })))) draw(loss);
   */
  async *manyMetrics(questions: readonly ManyMetricsQuestion[]): AsyncGenerator<SeriesData[] | AggregatedSeries[]> {
    yield* readMany(this.reader, questions, (run) => this.record(run));
  }

  /**
   * Every point of a run, series after series, each in the order logged, in pages of columns (about 100,000 points): memory stays
   * bounded. Superseded points are among them: those with a step of `supersededFrom` or more. Errors: XT_RUN_NOT_FOUND.
   *
   * @example for await (const { key, step, value } of xtrack.streamMetrics(runId, { keys: ['loss'] })) use(key, step, value);
   */
  async *streamMetrics(run: Run | string, options: StreamMetricsOptions = {}): AsyncGenerator<MetricPage> {
    const { runId } = await this.record(run);
    yield* streamPages(this.reader, runId, options);
  }

  /**
   * One table (points of metrics, params, tags, runs or logs) as the bytes of a CSV, JSON lines or Parquet file, of one run or of all
   * runs of an experiment; written piece by piece, with bounded memory. Errors: XT_RUN_NOT_FOUND.
   *
   * @example await pipeline(xtrack.exportTable({ runId }, { what: 'metrics', format: 'parquet' }), createWriteStream('run.parquet'));
   */
  async *exportTable(
    of: { readonly runId: string } | { readonly experimentId: string },
    options: ExportOptions,
  ): AsyncGenerator<Uint8Array> {
    const runs = 'runId' in of ? [await this.record(of.runId)] : await runsOf(this.reader, of.experimentId);
    yield* exportBytes(this.reader, runs, options);
  }

  /** Every series of a run with its last value, extremes and count. Errors: XT_RUN_NOT_FOUND. */
  async listSeries(run: Run | string): Promise<SeriesSummary[]> {
    return await this.reader.listSeries((await this.record(run)).runId);
  }

  /** The run's params, flat, dotted keys. The object has no prototype. Errors: XT_RUN_NOT_FOUND. */
  async getParams(run: Run | string): Promise<Record<string, JsonValue>> {
    const params: Record<string, JsonValue> = Object.create(null);
    for (const param of (await this.entries(run, { kind: 'param', limit: 1_000_000 })) as Param[]) params[param.key] = param.value;
    return params;
  }

  /** Errors: XT_RUN_NOT_FOUND. */
  async getArtifacts(run: Run | string): Promise<Artifact[]> {
    return (await this.entries(run, { kind: 'artifact', limit: 1_000_000 })) as Artifact[];
  }

  /**
   * Artifacts in the order recorded, from the `offset`-th on; the bytes that some carry (`content`) are left empty. Errors:
   * XT_RUN_NOT_FOUND.
   */
  async listArtifacts(run: Run | string, page: Pick<EntryQuery, 'offset' | 'limit'> = {}): Promise<Artifact[]> {
    return (await this.entries(run, { limit: DEFAULT_LIMIT, ...page, kind: 'artifact', bare: true })) as Artifact[];
  }

  /** One artifact with its bytes, by its place in the order recorded. Undefined: there is none. Errors: XT_RUN_NOT_FOUND. */
  async artifactAt(run: Run | string, offset: number): Promise<Artifact | undefined> {
    return (await this.entries(run, { kind: 'artifact', offset, limit: 1 }))[0] as Artifact | undefined;
  }

  /** Errors: XT_RUN_NOT_FOUND. */
  async getCheckpoints(run: Run | string): Promise<Checkpoint[]> {
    return (await this.entries(run, { kind: 'checkpoint', limit: 1_000_000 })) as Checkpoint[];
  }

  /** What may be changed while the run goes on, ordered by name; `value` is the one that holds now. Errors: XT_RUN_NOT_FOUND. */
  async getKnobs(run: Run | string): Promise<Knob[]> {
    const known = toRun(await this.record(run));
    const declared = (await this.entries(known, { kind: 'knob', limit: 1_000_000 })) as Knob[];
    const knobs = new Map(declared.map((knob) => [knob.name, knob]));
    for (const change of await this.getChanges(known)) {
      const knob = knobs.get(change.name);
      if (knob !== undefined && change.ts >= knob.ts) knobs.set(knob.name, { ...knob, value: change.value });
    }
    return [...knobs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What was changed while the run went on: name, value before and after, step, who. Oldest first. Errors: XT_RUN_NOT_FOUND. */
  async getChanges(run: Run | string): Promise<Change[]> {
    return (await this.entries(run, { kind: 'change', limit: 1_000_000 })) as Change[];
  }

  /** The commands given to the run, answered or not, oldest first. Errors: XT_RUN_NOT_FOUND. */
  async getCommands(run: Run | string): Promise<CommandRecord[]> {
    return await this.reader.getCommands((await this.record(run)).runId);
  }

  /** One page of log lines, captured stdout and stderr included (`logger`). Default: the first 1,000. Errors: XT_RUN_NOT_FOUND. */
  async getLogs(run: Run | string, options: Omit<EntryQuery, 'runId' | 'kind'> = {}): Promise<LogEntry[]> {
    return (await this.entries(run, { limit: DEFAULT_LIMIT, ...options, kind: 'log' })) as LogEntry[];
  }

  /** How many log lines there are, with these levels and this text. Errors: XT_RUN_NOT_FOUND. */
  async countLogs(run: Run | string, filter: Pick<EntryQuery, 'levels' | 'text'> = {}): Promise<number> {
    const { runId } = await this.record(run);
    return await this.reader.countEntries({ ...filter, runId, kind: 'log' });
  }

  /** What is missing of the run. Empty: every event that its workers made has arrived. Errors: XT_RUN_NOT_FOUND. */
  async getGaps(run: Run | string): Promise<GapRecord[]> {
    const marks = await this.reader.getMarks((await this.record(run)).runId);
    return marks.flatMap(gapsOf);
  }

  /** What was wrong with the run's stream: refused events, dropped fields, gaps. Errors: XT_RUN_NOT_FOUND. */
  async getWarnings(run: Run | string): Promise<RunWarning[]> {
    return await this.reader.getWarnings((await this.record(run)).runId);
  }

  /** The run's event log, byte for byte as it was received (duplicates left out). Errors: XT_RUN_NOT_FOUND. */
  async *exportRun(run: Run | string): AsyncGenerator<Uint8Array> {
    const { runId } = await this.record(run);
    for await (const block of this.reader.readBlocks(runId)) yield block.bytes;
  }

  /** A run that was read here is not looked up again. Errors: XT_RUN_NOT_FOUND. */
  protected async record(run: Run | string): Promise<RunRecord> {
    const record = recordOf(run) ?? (await this.reader.getRun(idOf(run)));
    if (record === undefined) throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${idOf(run)}'`, field: 'runId' });
    return record;
  }

  private async entries(run: Run | string, query: Omit<EntryQuery, 'runId'>): Promise<Entry[]> {
    const { runId } = await this.record(run);
    return await this.reader.getEntries({ ...query, runId });
  }
}
