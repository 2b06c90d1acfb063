// The open tails as a read sees them: those in memory where this process is the last that wrote to the run, else rebuilt
// from the database at the read's own moment. A run that another control plane writes is followed to its last commit.

import type { PointList } from '../../points/point-list.js';
import type { OpenTrack, RunTails } from '../../points/run-tails.js';
import type { Connection } from '../driver.js';
import { loadTail, loadTails } from '../writes/tails.js';

/** Rebuilt tails that are kept for the next read. */
const KEPT = 8;

interface Version {
  readonly id: number;
  readonly tail_block: number;
  readonly tail_chunk: number;
  readonly newest: number | null;
}

interface Kept {
  readonly version: string;
  readonly tails: RunTails;
}

/** Tails held by the writer of this process, if it wrote the run up to this block. */
export type OwnTails = (row: number, newestBlock: number) => RunTails | undefined;

export class TailsView {
  readonly #connection: Connection;
  readonly #own: OwnTails;
  readonly #kept = new Map<number, Kept>();

  constructor(connection: Connection, own: OwnTails) {
    this.#connection = connection;
    this.#own = own;
  }

  /** Every track of the run; none where there is no such run. */
  tracksOf(runId: string): Iterable<OpenTrack> {
    const version = this.#connection
      .prepare('SELECT id, tail_block, tail_chunk, (SELECT max(id) FROM blocks WHERE run = runs.id) AS newest FROM runs WHERE run_id = ?')
      .get(runId) as Version | undefined;
    if (version === undefined) return [];
    const tails = this.#own(version.id, version.newest ?? 0) ?? this.#rebuilt(version);
    return tails.tracks.values();
  }

  /** The points of the track that lie in no sealed chunk, as they are now. */
  tailOf(track: OpenTrack): PointList {
    const tail = loadTail(this.#connection, track);
    return tail.slice(0, tail.length);
  }

  #rebuilt(run: Version): RunTails {
    const version = `${run.newest}:${run.tail_block}:${run.tail_chunk}`;
    const kept = this.#kept.get(run.id);
    this.#kept.delete(run.id);
    const tails = kept?.version === version ? kept.tails : loadTails(this.#connection, run.id);
    this.#kept.set(run.id, { version, tails });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return tails;
  }
}
