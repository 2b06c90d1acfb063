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
import type {
  CommandRecord,
  Entry,
  EntryQuery,
  RunQuery,
  RunRecord,
  RunWarning,
  SeqRange,
  SeriesData,
  SeriesQuery,
  SeriesSummary,
  StoreReader,
  WorkerMark,
} from '../storage/store.js';
import { type Run, toRun } from './run.js';

/** Logs per call unless asked for more. */
const DEFAULT_LIMIT = 1_000;

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

/** Reads runs from a store. */
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
   * The series of a metric, one per (worker, phase, aggregation). With `maxPoints`, buckets of consecutive points that give min,
   * max, first, last, mean and count each, so that no extreme is lost. Errors: XT_RUN_NOT_FOUND, XT_METRIC_NOT_FOUND.
   */
  async getMetrics(runId: string, key: string, options: Omit<SeriesQuery, 'runId' | 'key'> = {}): Promise<SeriesData[]> {
    await this.record(runId);
    const found = await this.reader.readSeries({ ...options, runId, key });
    if (found.length === 0)
      throw new XTrackError('XT_METRIC_NOT_FOUND', { detail: `run '${runId}' has no metric '${key}' like that`, field: 'key' });
    return found;
  }

  /** Every series of a run with its last value, extremes and count. Errors: XT_RUN_NOT_FOUND. */
  async listSeries(runId: string): Promise<SeriesSummary[]> {
    await this.record(runId);
    return await this.reader.listSeries(runId);
  }

  /** The run's params, flat, dotted keys. The object has no prototype. Errors: XT_RUN_NOT_FOUND. */
  async getParams(runId: string): Promise<Record<string, JsonValue>> {
    const params: Record<string, JsonValue> = Object.create(null);
    for (const param of (await this.entries({ runId, kind: 'param', limit: 1_000_000 })) as Param[]) params[param.key] = param.value;
    return params;
  }

  /** Errors: XT_RUN_NOT_FOUND. */
  async getArtifacts(runId: string): Promise<Artifact[]> {
    return (await this.entries({ runId, kind: 'artifact', limit: 1_000_000 })) as Artifact[];
  }

  /** Errors: XT_RUN_NOT_FOUND. */
  async getCheckpoints(runId: string): Promise<Checkpoint[]> {
    return (await this.entries({ runId, kind: 'checkpoint', limit: 1_000_000 })) as Checkpoint[];
  }

  /** What may be changed while the run goes on, ordered by name; `value` is the one that holds now. Errors: XT_RUN_NOT_FOUND. */
  async getKnobs(runId: string): Promise<Knob[]> {
    const declared = (await this.entries({ runId, kind: 'knob', limit: 1_000_000 })) as Knob[];
    const knobs = new Map(declared.map((knob) => [knob.name, knob]));
    for (const change of await this.getChanges(runId)) {
      const knob = knobs.get(change.name);
      if (knob !== undefined && change.ts >= knob.ts) knobs.set(knob.name, { ...knob, value: change.value });
    }
    return [...knobs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What was changed while the run went on: name, value before and after, step, who. Oldest first. Errors: XT_RUN_NOT_FOUND. */
  async getChanges(runId: string): Promise<Change[]> {
    return (await this.entries({ runId, kind: 'change', limit: 1_000_000 })) as Change[];
  }

  /** The commands given to the run, answered or not, oldest first. Errors: XT_RUN_NOT_FOUND. */
  async getCommands(runId: string): Promise<CommandRecord[]> {
    await this.record(runId);
    return await this.reader.getCommands(runId);
  }

  /** One page of log lines, captured stdout and stderr included (`logger`). Default: the first 1,000. Errors: XT_RUN_NOT_FOUND. */
  async getLogs(runId: string, options: Omit<EntryQuery, 'runId' | 'kind'> = {}): Promise<LogEntry[]> {
    return (await this.entries({ limit: DEFAULT_LIMIT, ...options, runId, kind: 'log' })) as LogEntry[];
  }

  /** What is missing of the run. Empty: every event that its workers made has arrived. Errors: XT_RUN_NOT_FOUND. */
  async getGaps(runId: string): Promise<GapRecord[]> {
    await this.record(runId);
    const marks = await this.reader.getMarks(runId);
    return marks.flatMap(gapsOf);
  }

  /** What was wrong with the run's stream: refused events, dropped fields, gaps. Errors: XT_RUN_NOT_FOUND. */
  async getWarnings(runId: string): Promise<RunWarning[]> {
    await this.record(runId);
    return await this.reader.getWarnings(runId);
  }

  /** The run's event log, byte for byte as it was received (duplicates left out). Errors: XT_RUN_NOT_FOUND. */
  async *exportRun(runId: string): AsyncGenerator<Uint8Array> {
    await this.record(runId);
    for await (const block of this.reader.readBlocks(runId)) yield block.bytes;
  }

  protected async record(runId: string): Promise<RunRecord> {
    const record = await this.reader.getRun(runId);
    if (record === undefined) throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}'`, field: 'runId' });
    return record;
  }

  private async entries(query: EntryQuery): Promise<Entry[]> {
    await this.record(query.runId);
    return await this.reader.getEntries(query);
  }
}
