// The store that keeps nothing: for tests, for trying things out, and as the plainest reading of the port.

import { XTrackError } from '../../protocol/errors.js';
import { isSeen, matchesRun, summariseExperiments } from '../filters.js';
import { PointList } from '../points/point-list.js';
import { TrackBook } from '../points/track-book.js';
import { checkPage, checkPoints, partOf, refusalOf } from '../refusals.js';
import { CandidateSearch } from '../search/candidates.js';
import { factsOf } from '../search/facts.js';
import { type MetricFact, metricFacts } from '../search/metric-facts.js';
import { firstKeys, SearchClock, type SearchKeys, type SearchPage, type SearchQuery } from '../search/query.js';
import { readLines } from '../series/line-reader.js';
import type { SeriesParts } from '../series/lines.js';
import { isSeries, isWanted } from '../series/lines.js';
import { pageOf, tracksAfter } from '../series/point-pages.js';
import type { Segment } from '../series/segments.js';
import type { PointColumns, PointPage, SeriesData, SeriesId, SeriesQuery, SeriesSummary, TrackDefinition } from '../series/series.js';
import { compareSeries, summarise } from '../series/track-stats.js';
import type {
  Batch,
  Block,
  BuriedWorker,
  CommandRecord,
  DeadLetter,
  Entry,
  EntryQuery,
  ExperimentSummary,
  Refusal,
  RunQuery,
  RunRecord,
  RunWarning,
  Store,
  WorkerMark,
} from '../store.js';
import { compareText } from '../text.js';
import { MemoryRun, type MemorySeries, tracksInOrder } from './run.js';

/** Opens an empty store in memory. It ends with the process, and never fails for want of a disk. */
export async function openMemoryStore(): Promise<Store> {
  return new MemoryStore();
}

class MemoryStore implements Store {
  readonly #runs = new Map<string, MemoryRun>();
  readonly #tracks = new TrackBook();
  readonly #buried = new Map<string, readonly BuriedWorker[]>();
  #lastBlock = 0;
  #closed = false;

  async commit(given: Batch): Promise<readonly Refusal[]> {
    this.#checkOpen();
    this.#tracks.release(given.released ?? []);
    this.#tracks.add(given.tracks);
    checkPoints(given.points, (id) => this.#tracks.has(id));
    const steps = given.revisions ?? [];
    const refused = steps.flatMap((step) => refusalOf(step, this.#runs.get(step.runId)?.revision ?? 0) ?? []);
    const out = new Set(refused.map(({ runId }) => runId));
    const batch =
      out.size === 0
        ? given
        : partOf(
            given,
            (runId) => !out.has(runId),
            (track) => this.#tracks.get(track)?.runId,
          );
    const to = new Map(steps.map((step) => [step.runId, step.to]));
    for (const record of batch.runs) {
      const run = this.#run(record.runId);
      run.record = structuredClone(record);
      run.revision = to.get(record.runId) ?? -Math.abs(run.revision) - 1;
    }
    for (const block of batch.blocks) this.#run(block.runId).addBlock(++this.#lastBlock, block);
    for (const entry of batch.entries) this.#run(entry.runId).addEntry(structuredClone(entry));
    for (const mark of batch.marks) this.#run(mark.runId).setMark(structuredClone(mark));
    for (const command of batch.commands) this.#runs.get(command.runId)?.commands.set(command.commandId, structuredClone(command));
    for (const warning of batch.warnings) this.#run(warning.runId).warnings.push({ ...warning });
    for (const letter of batch.deadLetters) this.#run(letter.runId).deadLetters.push(letter);
    this.#addPoints(batch.points);
    return refused;
  }

  async deleteRun(runId: string): Promise<boolean> {
    this.#checkOpen();
    const run = this.#runs.get(runId);
    if (run === undefined) return false;
    this.#buried.set(runId, [
      ...(this.#buried.get(runId) ?? []),
      ...[...run.marks.values()].map(({ worker, incarnation }) => ({ worker, incarnation })),
    ]);
    return this.#runs.delete(runId);
  }

  async getRevision(runId: string): Promise<number> {
    this.#checkOpen();
    return this.#runs.get(runId)?.revision ?? 0;
  }

  async getBuried(runId: string): Promise<BuriedWorker[]> {
    this.#checkOpen();
    return [...(this.#buried.get(runId) ?? [])];
  }

  async setDeleted(runId: string, at: number | null): Promise<boolean> {
    this.#checkOpen();
    const run = this.#runs.get(runId);
    if (run?.record === undefined) return false;
    run.deletedAt = at ?? undefined;
    return true;
  }

  async deleteLogs(runId: string, before: number): Promise<number> {
    this.#checkOpen();
    return this.#runs.get(runId)?.deleteLogs(before) ?? 0;
  }

  async runBytes(runId: string): Promise<number> {
    this.#checkOpen();
    return this.#runs.get(runId)?.bytes ?? 0;
  }

  async getDeadLetters(runId: string): Promise<DeadLetter[]> {
    this.#checkOpen();
    return structuredClone(this.#runs.get(runId)?.deadLetters ?? []);
  }

  async getRun(runId: string): Promise<RunRecord | undefined> {
    this.#checkOpen();
    return structuredClone(this.#runs.get(runId)?.record);
  }

  async findRuns(query: RunQuery): Promise<RunRecord[]> {
    this.#checkOpen();
    checkPage(query);
    const found: RunRecord[] = [];
    for (const { record } of this.#runs.values()) {
      if (record !== undefined && matchesRun(record, query)) found.push(record);
    }
    found.sort((a, b) => b.createdAt - a.createdAt || compareText(b.runId, a.runId));
    const offset = query.offset ?? 0;
    return structuredClone(found.slice(offset, offset + (query.limit ?? found.length)));
  }

  async search(query: SearchQuery): Promise<SearchPage<RunRecord>> {
    this.#checkOpen();
    const search = new CandidateSearch<RunRecord>(query);
    const clock = new SearchClock();
    for (const run of this.#runs.values()) {
      const { record } = run;
      if (record === undefined || !isSeen(record, query.deleted)) continue;
      const metricsOf = (key: string): MetricFact[] => metricFacts([...run.tracks()].filter(({ id }) => id.key === key));
      search.offer(
        record,
        factsOf(record, () => run.params(), metricsOf),
      );
      clock.check();
    }
    return structuredClone(search.page([]));
  }

  async listKeys(experiments?: readonly string[]): Promise<SearchKeys> {
    this.#checkOpen();
    const isAsked = ({ record }: MemoryRun): boolean =>
      record !== undefined && (experiments === undefined || (isSeen(record, undefined) && experiments.includes(record.experimentId ?? '')));
    const runs = [...this.#runs.values()].filter(isAsked);
    return {
      params: firstKeys(runs.flatMap((run) => [...run.params()].map(({ key }) => key))),
      tags: firstKeys(runs.flatMap(({ record }) => Object.keys(record?.tags ?? {}))),
      metrics: firstKeys(runs.flatMap(({ series }) => [...series.values()].map(({ id }) => id.key))),
    };
  }

  async listExperiments(): Promise<ExperimentSummary[]> {
    this.#checkOpen();
    const records = [...this.#runs.values()].flatMap(({ record }) => record ?? []);
    return summariseExperiments(records.filter((record) => isSeen(record, undefined)));
  }

  async getMarks(runId: string): Promise<WorkerMark[]> {
    this.#checkOpen();
    return structuredClone([...(this.#runs.get(runId)?.marks.values() ?? [])]);
  }

  async listSeries(runId: string): Promise<SeriesSummary[]> {
    this.#checkOpen();
    const all = [...(this.#runs.get(runId)?.series.values() ?? [])];
    const summaries = all.map(({ id, tracks }) => summarise(id, [...tracks.values()]));
    return summaries.filter((summary) => summary.count > 0).sort(compareSeries);
  }

  async readSeries(query: SeriesQuery): Promise<SeriesData[]> {
    this.#checkOpen();
    checkPage(query);
    return await this.#read(query);
  }

  async *readManySeries(queries: readonly SeriesQuery[]): AsyncIterable<SeriesData[]> {
    for (const query of queries) checkPage(query);
    for (const query of queries) {
      this.#checkOpen();
      yield await this.#read(query);
    }
  }

  async *readPoints(series: SeriesId): AsyncIterable<PointPage> {
    this.#checkOpen();
    const found = [...(this.#runs.get(series.runId)?.series.values() ?? [])].find(({ id }) => isSeries(id, series));
    for (const place of tracksAfter(found === undefined ? [] : tracksInOrder(found), undefined)) {
      const { points } = place.track;
      if (points.length > 0) yield pageOf(place, { chunks: [], after: 0, to: Number.POSITIVE_INFINITY }, [points]);
    }
  }

  async getEntries(query: EntryQuery): Promise<Entry[]> {
    this.#checkOpen();
    checkPage(query);
    return structuredClone(this.#runs.get(query.runId)?.page(query) ?? []);
  }

  async countEntries(query: EntryQuery): Promise<number> {
    this.#checkOpen();
    return this.#runs.get(query.runId)?.page(query).length ?? 0;
  }

  async getCommands(runId: string): Promise<CommandRecord[]> {
    this.#checkOpen();
    return structuredClone([...(this.#runs.get(runId)?.commands.values() ?? [])]);
  }

  async getWarnings(runId: string): Promise<RunWarning[]> {
    this.#checkOpen();
    return [...(this.#runs.get(runId)?.warnings ?? [])];
  }

  async *readBlocks(runId: string, after = 0): AsyncIterable<Block> {
    this.#checkOpen();
    for (const block of this.#runs.get(runId)?.blocks ?? []) if (block.id > after) yield { ...block, bytes: block.bytes.slice() };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new XTrackError('XT_CLOSED', { detail: 'the store is closed' });
  }

  async #read(query: SeriesQuery): Promise<SeriesData[]> {
    const all = [...(this.#runs.get(query.runId)?.series.values() ?? [])];
    const wanted = all.filter(({ id }) => isWanted(id, query)).sort((a, b) => compareSeries(a.id, b.id));
    return await readLines(wanted.map(partsOf), query, pointsAtHand);
  }

  #run(runId: string): MemoryRun {
    const run = this.#runs.get(runId) ?? new MemoryRun();
    this.#runs.set(runId, run);
    return run;
  }

  #addPoints(points: PointColumns): void {
    for (let at = 0; at < points.length; at++) {
      const definition = this.#tracks.get(points.track[at] as number) as TrackDefinition;
      const track = this.#run(definition.runId).openTrack(definition);
      track.points.pushFrom(points, at);
      track.stats.add(
        points.seq[at] as number,
        points.step[at] as number,
        points.epoch[at] as number,
        points.ts[at] as number,
        points.value[at] as number,
      );
    }
  }
}

function partsOf(series: MemorySeries): SeriesParts {
  const tracks = tracksInOrder(series).map(({ incarnation, stats, points }) => {
    const segments = points.length === 0 ? [] : [{ chunks: [], tail: points.sorted(), count: points.length, cells: undefined }];
    return { incarnation, firstStep: stats.firstStep, segments };
  });
  return { id: series.id, tracks };
}

async function* pointsAtHand(segments: readonly Segment[]): AsyncGenerator<PointList> {
  for (const { tail } of segments) yield tail ?? new PointList(0);
}
