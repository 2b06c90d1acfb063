// Deleting a run: it disappears in one small transaction, and its rows go in slices, so that no commit waits long.

import { type Connection, numberFrom } from './driver.js';

/** No run id starts with it. */
const DELETED = '/deleted/';
/** Rows of one table that go in one transaction; a block can hold 1 MiB. */
const SLICE = 200;

/** Tables whose rows name the run, large ones first. */
const TABLES = ['blocks', 'entries', 'dead_letters', 'warnings', 'marks', 'commands'] as const;

type PurgeStep = () => boolean;

/** Removes the rows of deleted runs, slice by slice, with commits in between. */
export class Purge {
  readonly #step: PurgeStep;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** `step` removes one slice, and says true when nothing is left. */
  constructor(step: PurgeStep) {
    this.#step = step;
  }

  /** Resolves when nothing is left to remove. What a failure leaves goes with the next start. */
  async start(): Promise<void> {
    await this.#running;
    this.#running = this.#run();
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped && !this.#step()) await new Promise<void>((resume) => setImmediate(resume));
    } catch {
      // The run is hidden already; its rows stay until the disk allows.
    }
  }
}

/** Takes the run's name away; returns runs.id, or undefined where there is no such run. */
export function tombstone(connection: Connection, runId: string): number | undefined {
  if (runId.startsWith(DELETED)) return undefined;
  const found = connection
    .prepare(`UPDATE runs SET run_id = '${DELETED}' || id, record = NULL, details = NULL WHERE run_id = ? RETURNING id`)
    .get(runId) as { id: number } | undefined;
  return found?.id;
}

/** Removes up to SLICE rows of one deleted run; true when no deleted run is left. */
export function purgeSlice(connection: Connection): boolean {
  const run = numberFrom(connection, `SELECT id FROM runs WHERE run_id >= '${DELETED}' AND run_id < '${DELETED}~' LIMIT 1`);
  if (run === 0) return true;
  for (const table of TABLES) {
    const { changes } = connection
      .prepare(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE run = ? LIMIT ${SLICE})`)
      .run(run);
    if (changes > 0) return false;
  }
  if (purgeTrack(connection, run)) return false;
  for (const table of ['params', 'tags']) connection.prepare(`DELETE FROM ${table} WHERE run = ?`).run(run);
  connection.prepare('DELETE FROM runs WHERE id = ?').run(run);
  return false;
}

/** Removes chunks of one track, or the track when it has none left; false when the run has no track. */
function purgeTrack(connection: Connection, run: number): boolean {
  const track = numberFrom(connection, `SELECT id FROM tracks WHERE run = ${run} LIMIT 1`);
  if (track === 0) return false;
  const chunks = `SELECT id FROM chunks WHERE track = ${track} LIMIT ${SLICE}`;
  connection.prepare(`DELETE FROM chunk_data WHERE chunk IN (${chunks})`).run();
  const { changes } = connection.prepare(`DELETE FROM chunks WHERE id IN (${chunks})`).run();
  if (changes === 0) connection.prepare('DELETE FROM tracks WHERE id = ?').run(track);
  return true;
}
