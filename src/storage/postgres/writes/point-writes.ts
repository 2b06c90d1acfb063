// What a commit writes of blocks, tracks, chunks and tails, gathered row by row and turned into one statement a table.

import type { PackedBlock } from '../../points/block-codec.js';
import type { PointList } from '../../points/point-list.js';
import type { OpenTrack } from '../../points/run-tails.js';
import { type MetricFact, metricFacts } from '../../search/metric-facts.js';
import { TrackStats } from '../../series/track-stats.js';
import { encodeText } from '../../text.js';
import type { BlockRow } from '../../thread/rows.js';
import type { Command } from '../statements.js';
import { byteaArray, FloatArray, float8Array, int4Array, int8Array, textArray } from './arrays.js';
import { ChunkRows, PointRows } from './chunk-rows.js';
import type { NumberedTails } from './tails.js';

interface WrittenBlock {
  readonly run: number;
  readonly number: number;
  readonly block: BlockRow;
  readonly packed: PackedBlock;
}

interface WrittenTrack {
  readonly run: number;
  readonly track: OpenTrack;
}

interface SealedChunk {
  readonly run: number;
  readonly number: number;
  readonly track: number;
}

const ofRun = ({ run }: { readonly run: number }): number => run;

export class PointWrites {
  /** Runs whose counters have changed, by runs.id. */
  readonly heads = new Map<number, NumberedTails>();
  /** Chunks of this commit. */
  readonly sealed: SealedChunk[] = [];
  readonly #blocks: WrittenBlock[] = [];
  readonly #tracks: WrittenTrack[] = [];
  readonly #statsOf: WrittenTrack[] = [];
  readonly #stats = new FloatArray(64);
  readonly #chunks = new ChunkRows();
  readonly #tails = new PointRows();
  readonly #metrics: { readonly run: number; readonly fact: MetricFact }[] = [];
  readonly #gone: { readonly run: number; readonly track: number }[] = [];

  head(tails: NumberedTails): void {
    this.heads.set(tails.row, tails);
  }

  block(run: number, number: number, block: BlockRow, packed: PackedBlock): void {
    this.#blocks.push({ run, number, block, packed });
  }

  /** A new track. Its stats are those of no point until the tails are written down: the replay counts from there. */
  track(run: number, track: OpenTrack): void {
    this.#tracks.push({ run, track });
  }

  stats(run: number, track: OpenTrack): void {
    this.#statsOf.push({ run, track });
    const packed = track.stats.pack();
    this.#stats.append(packed, packed.length);
  }

  /** What a search knows of these tracks: all of every key that has changed. */
  metrics(run: number, tracks: Iterable<OpenTrack>): void {
    for (const fact of metricFacts(tracks)) this.#metrics.push({ run, fact });
  }

  chunk(run: number, number: number, track: number, points: PointList): void {
    this.sealed.push({ run, number, track });
    this.#chunks.add(run, number, track, points);
  }

  tail(run: number, track: number, points: PointList): void {
    this.#tails.add(run, track, points);
  }

  dropTail(run: number, track: number): void {
    this.#gone.push({ run, track });
  }

  /** In the order to be sent. */
  commands(): Command[] {
    const gone: Command = {
      name: 'deleteTails',
      values: [int8Array(this.#gone.map(ofRun)), int4Array(this.#gone.map(({ track }) => track))],
    };
    return [
      ...(this.#blocks.length === 0 ? [] : [this.#insertBlocks()]),
      ...(this.#tracks.length === 0 ? [] : [this.#insertTracks()]),
      ...(this.#chunks.length === 0 ? [] : [{ name: 'insertChunks', values: this.#chunks.params() } as const]),
      ...(this.#gone.length === 0 ? [] : [gone]),
      ...(this.#tails.length === 0 ? [] : [{ name: 'upsertTails', values: this.#tails.params() } as const]),
      ...(this.#statsOf.length === 0 ? [] : [this.#updateStats()]),
      ...(this.#metrics.length === 0 ? [] : [this.#upsertMetrics()]),
    ];
  }

  #insertBlocks(): Command {
    const rows = this.#blocks;
    return {
      name: 'insertBlocks',
      values: [
        int8Array(rows.map(ofRun)),
        int8Array(rows.map(({ number }) => number)),
        int4Array(rows.map(({ packed }) => packed.codec)),
        int4Array(rows.map(({ block }) => block.events)),
        textArray(rows.map(({ block }) => block.implied)),
        byteaArray(rows.map(({ packed }) => packed.bytes)),
      ],
    };
  }

  #insertTracks(): Command {
    const rows = this.#tracks.map(({ run, track }) => ({ run, number: track.row, ...track.id, incarnation: track.incarnation }));
    const none = new TrackStats().pack();
    const stats = new FloatArray(none.length);
    stats.append(none, none.length);
    return {
      name: 'insertTracks',
      values: [
        int8Array(rows.map(ofRun)),
        int4Array(rows.map(({ number }) => number)),
        ...(['key', 'phase', 'worker', 'aggregation', 'incarnation'] as const).map((name) =>
          textArray(rows.map((row) => encodeText(row[name]))),
        ),
        stats.param(),
      ],
    };
  }

  #upsertMetrics(): Command {
    const rows = this.#metrics;
    return {
      name: 'upsertMetrics',
      values: [
        int8Array(rows.map(ofRun)),
        textArray(rows.map(({ fact }) => encodeText(fact.key))),
        textArray(rows.map(({ fact }) => fact.phase)),
        ...(['count', 'min', 'max', 'first', 'last'] as const).map((name) => float8Array(rows.map(({ fact }) => fact[name]))),
      ],
    };
  }

  #updateStats(): Command {
    const rows = this.#statsOf;
    return {
      name: 'updateStats',
      values: [int8Array(rows.map(ofRun)), int4Array(rows.map(({ track }) => track.row)), this.#stats.param()],
    };
  }
}
