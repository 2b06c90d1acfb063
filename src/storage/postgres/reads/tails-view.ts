// The open tails as a read sees them: those in memory where this process is the last that wrote to the run, else rebuilt from the
// database at the read's own moment. A run that another control plane writes is followed to its last commit.

import type { ClientBase } from 'pg';
import type { PointList } from '../../points/point-list.js';
import type { OpenTrack } from '../../points/run-tails.js';
import type { SeriesId } from '../../series/series.js';
import { TrackStats } from '../../series/track-stats.js';
import { encodeText } from '../../text.js';
import { HEAD_COLUMNS, type HeadRow, loadPending, loadTails, type NumberedTails, toHead } from '../writes/tails.js';

/** Rebuilt tails that are kept for the next read. */
const KEPT = 8;

interface Kept {
  readonly version: string;
  readonly tails: Promise<NumberedTails>;
}

/** A track at one moment. */
export interface TrackMoment {
  readonly track: OpenTrack;
  readonly stats: TrackStats;
  /** Its points that lie in no chunk; only where they were asked for. */
  readonly tail: PointList | undefined;
}

export interface RunMoment {
  /** runs.id */
  readonly row: number;
  readonly tracks: readonly TrackMoment[];
}

/** Tails held by the writer of this process, if it wrote the run up to this block. */
export type OwnTails = (row: number, lastBlock: number) => NumberedTails | undefined;

export class TailsView {
  readonly #own: OwnTails;
  readonly #kept = new Map<number, Kept>();

  constructor(own: OwnTails) {
    this.#own = own;
  }

  /** The tracks of the run that are wanted, as they are now, with their tails where `withTails`; undefined: no such run. */
  async look(client: ClientBase, runId: string, isWanted: (id: SeriesId) => boolean, withTails: boolean): Promise<RunMoment | undefined> {
    const { rows } = await client.query<HeadRow>(`SELECT ${HEAD_COLUMNS} FROM runs WHERE run_id = $1`, [encodeText(runId)]);
    if (rows[0] === undefined) return undefined;
    const head = toHead(rows[0]);
    const tails = this.#own(head.row, head.lastBlock) ?? (await this.#rebuilt(client, head));
    const wanted = [...tails.tracks.values()].filter(({ id }) => isWanted(id));
    if (withTails) await loadPending((work) => work(client), head.row, wanted);
    // Copies: a commit after this turn must not reach into the read.
    const tracks = wanted.map((track) => ({
      track,
      stats: TrackStats.unpack(track.stats.pack()),
      tail: withTails ? track.tail.slice(0, track.tail.length) : undefined,
    }));
    return { row: head.row, tracks };
  }

  async #rebuilt(client: ClientBase, head: ReturnType<typeof toHead>): Promise<NumberedTails> {
    const version = `${head.lastBlock}:${head.tailBlock}:${head.tailChunk}:${head.lastTrack}`;
    const kept = this.#kept.get(head.row);
    this.#kept.delete(head.row);
    const tails = kept?.version === version ? kept.tails : loadTails(client, head);
    this.#kept.set(head.row, { version, tails });
    tails.catch(() => this.#kept.delete(head.row));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return await tails;
  }
}
