// Makes batches as a collector would: real frames in the block, and beside them the points and entries that they hold.

import { encodeEvent } from '../protocol/encode.js';
import type { Artifact, Checkpoint, LogEntry, Metric, MetricBatch, Param, TrackEvent } from '../protocol/events.js';
import type { Batch, Entry, PointColumns, RunRecord, TrackDefinition, WorkerMark } from '../storage/store.js';

type Draft<E> = Partial<E> & Pick<E, Extract<keyof E, 'seq'>>;

let lastTrack = 0;
let lastRun = 0;

/** A batch of nothing but what is given. */
export function sampleBatch(parts: Partial<Batch> = {}): Batch {
  const none = { blocks: [], tracks: [], runs: [], marks: [], entries: [], commands: [], warnings: [], deadLetters: [] };
  return { ...none, points: sampleColumns([]), ...parts };
}

export function sampleRecord(runId: string, change: Partial<RunRecord> = {}): RunRecord {
  return {
    runId,
    name: null,
    status: 'running',
    experimentId: null,
    parentRunId: null,
    tags: {},
    source: null,
    environment: null,
    createdAt: 1_700_000_000_000_000,
    startedAt: null,
    endedAt: null,
    message: null,
    progress: null,
    error: null,
    exit: null,
    finalMetrics: null,
    workers: [],
    counts: {},
    captured: { stdout: 0, stderr: 0 },
    process: null,
    owner: null,
    ...change,
  };
}

export function sampleMark(runId: string, change: Partial<WorkerMark> = {}): WorkerMark {
  const empty = { beyond: [], declared: [], duplicates: 0, startTs: null, implied: false };
  return { runId, worker: '', incarnation: 'a', contiguous: 1, ...empty, ...change };
}

interface SamplePoint {
  readonly track: number;
  readonly seq: number;
  readonly step: number;
  readonly epoch: number;
  readonly ts: number;
  readonly value: number;
}

function sampleColumns(points: readonly SamplePoint[]): PointColumns {
  return {
    length: points.length,
    track: Uint32Array.from(points, (point) => point.track),
    seq: Float64Array.from(points, (point) => point.seq),
    step: Float64Array.from(points, (point) => point.step),
    epoch: Float64Array.from(points, (point) => point.epoch),
    ts: Float64Array.from(points, (point) => point.ts),
    value: Float64Array.from(points, (point) => point.value),
  };
}

/** One run as one process writes it: add events, then take the batch that they make. */
export class SampleRun {
  readonly runId: string;
  readonly #implied: Readonly<Record<string, string>>;
  readonly #tracks = new Map<string, number>();
  #newTracks: TrackDefinition[] = [];
  #frames: Uint8Array[] = [];
  #points: SamplePoint[] = [];
  #entries: Entry[] = [];

  /** `implied`: the incarnation of each worker whose events name none. */
  constructor(runId = `run-${++lastRun}`, implied: Readonly<Record<string, string>> = {}) {
    this.runId = runId;
    this.#implied = implied;
  }

  metric(draft: Draft<Metric>): this {
    const event: Metric = { ...this.#base(draft.seq), type: 'metric', key: 'loss', value: 0, ...draft };
    this.#addPoint(event, event.key, event.value);
    return this.#addFrame(event);
  }

  metrics(draft: Draft<MetricBatch>): this {
    const event: MetricBatch = { ...this.#base(draft.seq), type: 'metric_batch', metrics: new Map(), ...draft };
    for (const [key, value] of event.metrics) this.#addPoint(event, key, value);
    return this.#addFrame(event);
  }

  param(draft: Draft<Param>): this {
    return this.#addEntry({ ...this.#base(draft.seq), type: 'param', key: 'lr', value: 0.1, ...draft });
  }

  log(draft: Draft<LogEntry>): this {
    return this.#addEntry({ ...this.#base(draft.seq), type: 'log', level: 'info', message: 'hello', ...draft });
  }

  artifact(draft: Draft<Artifact>): this {
    return this.#addEntry({ ...this.#base(draft.seq), type: 'artifact', path: 'model.pt', kind: 'model', upload: 'reference', ...draft });
  }

  checkpoint(draft: Draft<Checkpoint>): this {
    return this.#addEntry({ ...this.#base(draft.seq), type: 'checkpoint', step: 1, path: 'ckpt.pt', ...draft });
  }

  /** The batch of everything added since the last one. */
  take(parts: Partial<Batch> = {}): Batch {
    const bytes = joined(this.#frames);
    const block = { runId: this.runId, bytes, events: this.#frames.length, implied: this.#implied };
    const batch = sampleBatch({
      blocks: this.#frames.length === 0 ? [] : [block],
      tracks: this.#newTracks,
      points: sampleColumns(this.#points),
      runs: [sampleRecord(this.runId)],
      entries: this.#entries,
      ...parts,
    });
    this.#newTracks = [];
    this.#frames = [];
    this.#points = [];
    this.#entries = [];
    return batch;
  }

  #base(seq: number): Pick<TrackEvent, 'runId' | 'worker' | 'incarnation' | 'seq' | 'ts'> {
    return { runId: this.runId, worker: '', incarnation: 'a', seq, ts: 1_700_000_000_000_000 + seq * 1_000 };
  }

  #addFrame(event: TrackEvent): this {
    this.#frames.push(encodeEvent(event));
    return this;
  }

  #addEntry(entry: Entry): this {
    this.#entries.push(entry);
    return this.#addFrame(entry);
  }

  #addPoint(event: Metric | MetricBatch, key: string, value: number): void {
    const { seq, ts, step = Number.NaN, epoch = Number.NaN } = event;
    this.#points.push({ track: this.#track(event, key), seq, step, epoch, ts, value });
  }

  #track(event: Metric | MetricBatch, key: string): number {
    const { worker } = event;
    const incarnation = event.incarnation === '' ? (this.#implied[worker] ?? '') : event.incarnation;
    const { phase = '', aggregation = '' } = event.context ?? {};
    const name = JSON.stringify([worker, incarnation, key, phase, aggregation]);
    const known = this.#tracks.get(name);
    if (known !== undefined) return known;
    lastTrack += 1;
    this.#tracks.set(name, lastTrack);
    this.#newTracks.push({ id: lastTrack, runId: this.runId, worker, incarnation, key, phase, aggregation });
    return lastTrack;
  }
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    out.set(frame, at);
    at += frame.length;
  }
  return out;
}
