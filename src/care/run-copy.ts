// Copies one run from store to store in bounded memory: its blocks in order, each with the points that it holds, then the rest.
// The run's own row comes last, so that a run without one is a copy that was cut off.

import { PointBuffer } from '../runtime/point-buffer.js';
import { replayBlock } from '../storage/points/replay.js';
import { type TrackName, trackKey } from '../storage/points/run-tails.js';
import type { Batch, Block, BlockInput, RunRecord, SeriesId, Store, StoreReader, StoreWriter, TrackDefinition } from '../storage/store.js';
import { ENTRY_KINDS, entryPages } from './entry-pages.js';

/** A batch is committed when it holds so many bytes of blocks or so many points. */
const BATCH_BYTES = 2 * 1024 * 1024;
const BATCH_POINTS = 65_536;
/** Warnings or dead letters (4 KiB each) of one batch. */
const BATCH_ROWS = 500;

/** What one process commits to one store: the ids of its tracks never come twice. */
export class RunCopier {
  readonly #from: StoreReader;
  readonly #to: StoreWriter;
  readonly #progress: (events: number, points: number) => void;
  #lastTrack = 0;

  /** `progress` is told of events and points as they become durable. */
  constructor(from: StoreReader, to: Store, progress: (events: number, points: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#progress = progress;
  }

  /** The target must not have the run, not even a part of it. */
  async copy(record: RunRecord): Promise<void> {
    const { runId, deletedAt } = record;
    await this.#copyBlocks(runId);
    for (const kind of ENTRY_KINDS)
      for await (const entries of entryPages(this.#from, runId, kind)) await this.#to.commit(emptyBatch({ entries }));
    for (const warnings of slices(await this.#from.getWarnings(runId))) await this.#to.commit(emptyBatch({ warnings }));
    for (const deadLetters of slices((await this.#from.getDeadLetters?.(runId)) ?? [])) await this.#to.commit(emptyBatch({ deadLetters }));
    const [marks, commands] = [await this.#from.getMarks(runId), await this.#from.getCommands(runId)];
    await this.#to.commit(emptyBatch({ marks, commands, runs: [record] }));
    if (deletedAt !== undefined) await this.#to.setDeleted(runId, deletedAt);
  }

  async #copyBlocks(runId: string): Promise<void> {
    const draft = new Draft(await seriesOf(this.#from, runId), () => ++this.#lastTrack);
    // One commit is under way while the next batch is decoded.
    let committing: Promise<void> = Promise.resolve();
    const cut = async (): Promise<void> => {
      await committing;
      committing = this.#commit(draft);
      // Whoever waits for it hears of its failure; until then it is not unhandled.
      committing.catch(() => undefined);
    };
    for await (const block of this.#from.readBlocks(runId)) {
      draft.add(block);
      if (draft.isFull) await cut();
    }
    await cut();
    await committing;
  }

  async #commit(draft: Draft): Promise<void> {
    const { batch, events } = draft.take();
    if (batch.blocks.length === 0) return;
    const points = batch.points.length;
    await this.#to.commit(batch);
    this.#progress(events, points);
  }
}

/** Blocks with their points, as a collector would have committed them. */
class Draft {
  readonly #series: ReadonlySet<string>;
  readonly #nextTrack: () => number;
  readonly #known = new Map<string, number>();
  readonly #points = new PointBuffer();
  #blocks: BlockInput[] = [];
  #tracks: TrackDefinition[] = [];
  #bytes = 0;
  #events = 0;
  /** The track of the point before: mostly the next one's too. */
  #last: { readonly name: TrackName; readonly id: number } | undefined;

  /** `series`: those that are charted. A run of very many has more in its event log. */
  constructor(series: ReadonlySet<string>, nextTrack: () => number) {
    this.#series = series;
    this.#nextTrack = nextTrack;
  }

  get isFull(): boolean {
    return this.#bytes >= BATCH_BYTES || this.#points.length >= BATCH_POINTS;
  }

  add({ runId, bytes, events, implied }: Block): void {
    replayBlock({ codec: 0, implied: JSON.stringify(implied), bytes }, (name, { seq, ts, value, step, epoch }) => {
      const track = this.#track(runId, name);
      if (track !== undefined) this.#points.push(track, seq, ts, value, step, epoch);
    });
    this.#blocks.push({ runId, bytes, events, implied });
    this.#bytes += bytes.length;
    this.#events += events;
  }

  take(): { readonly batch: Batch; readonly events: number } {
    const batch = emptyBatch({ blocks: this.#blocks, tracks: this.#tracks, points: this.#points.take() });
    const events = this.#events;
    this.#blocks = [];
    this.#tracks = [];
    this.#bytes = 0;
    this.#events = 0;
    return { batch, events };
  }

  #track(runId: string, name: TrackName): number | undefined {
    if (this.#last !== undefined && isSame(this.#last.name, name)) return this.#last.id;
    const key = trackKey(name);
    let id = this.#known.get(key);
    if (id === undefined) {
      if (!this.#series.has(trackKey({ ...name, incarnation: '' }))) return undefined;
      id = this.#nextTrack();
      this.#known.set(key, id);
      this.#tracks.push({ id, runId, ...name });
    }
    this.#last = { name, id };
    return id;
  }
}

function isSame(a: TrackName, b: TrackName): boolean {
  return (
    a.key === b.key && a.worker === b.worker && a.incarnation === b.incarnation && a.phase === b.phase && a.aggregation === b.aggregation
  );
}

async function seriesOf(from: StoreReader, runId: string): Promise<ReadonlySet<string>> {
  const all = await from.listSeries(runId);
  return new Set(
    all.map(({ worker, key, phase, aggregation }: SeriesId) => trackKey({ worker, key, phase, aggregation, incarnation: '' })),
  );
}

function emptyBatch(parts: Partial<Batch>): Batch {
  const none = { blocks: [], tracks: [], runs: [], marks: [], entries: [], commands: [], warnings: [], deadLetters: [] };
  return { ...none, points: new PointBuffer().take(), ...parts };
}

function* slices<Row>(rows: readonly Row[]): IterableIterator<Row[]> {
  for (let from = 0; from < rows.length; from += BATCH_ROWS) yield rows.slice(from, from + BATCH_ROWS);
}
