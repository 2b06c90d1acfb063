// The writing connection: one commit, one transaction, fsync included. What a commit changed in memory stays only when it
// is durable; where the outcome is unknown (the disk failed), the connection is opened anew and the database is asked.

import { XTrackError } from '../../../protocol/errors.js';
import { isFinal } from '../../../protocol/events.js';
import { TrackBook } from '../../points/track-book.js';
import { checkPoints, partOf, refusalOf, runsOf } from '../../refusals.js';
import type { Compacted, Refusal } from '../../store.js';
import type { CommitRows, ReplacementRows } from '../../thread/rows.js';
import { type Connection, numberFrom, openWriter, type Statement, sqliteCode, transaction } from '../driver.js';
import { replaceDerived } from '../rebuild.js';
import { checkpoint, compact } from '../upkeep.js';
import { Ingest } from './ingest.js';
import { purgeSlice, tombstone } from './purge.js';
import { RecordWriter } from './record-writer.js';

/** Errors after which neither the connection nor the outcome of a commit can be trusted. */
const BROKEN = /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|PROTOCOL)/;

/** Errors that can go away by themselves. */
const TRANSIENT = /^SQLITE_(FULL|IOERR|BUSY|CANTOPEN|LOCKED|READONLY|PROTOCOL|NOMEM)/;

/** True for what a commit threw that can go away by itself. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(sqliteCode(error instanceof Error ? error.cause : undefined));
}

interface Session {
  readonly connection: Connection;
  readonly records: RecordWriter;
  readonly ingest: Ingest;
  readonly mark: Statement;
}

export class SqliteWriter {
  readonly #path: string;
  readonly #writerId: string;
  readonly #definitions = new TrackBook();
  #session: Session | undefined;
  #opened = 0;

  /** `writerId` names this writer among all that write to the file, now and later. */
  constructor(path: string, writerId: string, connection: Connection) {
    this.#path = path;
    this.#writerId = writerId;
    this.#session = this.#start(connection);
  }

  /** Another text once another connection has written to the file; for what this one writes it stays. */
  foreignRevision(): string {
    const { connection } = this.#open();
    return `${this.#opened}.${numberFrom(connection, 'PRAGMA data_version')}`;
  }

  /** Makes the rows durable, but for those of the runs that it returns. Throws XT_STORE_WRITE with nothing stored. */
  commit(rows: CommitRows): Refusal[] {
    const released = this.#definitions.release(rows.released);
    this.#definitions.add(rows.tracks);
    checkPoints(rows.points, (id) => this.#definitions.has(id));
    const session = this.#open();
    session.ingest.forget(released);
    const refused: Refusal[] = [];
    try {
      const stored = transaction(session.connection, () => {
        const admitted = this.#begin(session, rows, refused);
        this.#store(session, admitted);
        return admitted;
      });
      this.#dropEnded(session, stored);
      return refused;
    } catch (error) {
      session.ingest.dropTouched();
      if (BROKEN.test(sqliteCode(error)) && this.#recover(rows.number)) return refused;
      if (TRANSIENT.test(sqliteCode(error)) || BROKEN.test(sqliteCode(error))) throw writeError(error);
      return this.#commitSingly(rows, error);
    }
  }

  /** Run by run within one transaction: what breaks one of them is refused with that run alone. */
  #commitSingly(rows: CommitRows, cause: unknown): Refusal[] {
    const session = this.#open();
    const refused: Refusal[] = [];
    try {
      transaction(session.connection, () => {
        const admitted = this.#begin(session, rows, refused);
        const runIds = runsOf(admitted, this.#runOf);
        const broken = runIds.filter((runId) => {
          const detail = this.#tryPart(
            session,
            partOf(admitted, (each) => each === runId, this.#runOf),
          );
          if (detail !== undefined) refused.push({ runId, code: 'XT_STORE_WRITE', detail });
          return detail !== undefined;
        });
        if (runIds.length === broken.length) throw cause;
      });
      this.#dropEnded(session, rows);
      return refused;
    } catch (error) {
      session.ingest.dropAll();
      if (BROKEN.test(sqliteCode(error)) && this.#recover(rows.number)) return refused;
      throw writeError(error);
    }
  }

  /** Stores the rows of one run, or nothing of them and says why. */
  #tryPart(session: Session, part: CommitRows): string | undefined {
    const { connection, ingest, records } = session;
    connection.exec('SAVEPOINT part');
    ingest.begin();
    try {
      this.#store(session, part);
      connection.exec('RELEASE part');
      return undefined;
    } catch (error) {
      if (TRANSIENT.test(sqliteCode(error)) || BROKEN.test(sqliteCode(error))) throw error;
      connection.exec('ROLLBACK TO part');
      connection.exec('RELEASE part');
      ingest.dropTouched();
      // The number of a row that was made in vain is given to the next one.
      records.begin();
      return error instanceof Error ? error.message : String(error);
    }
  }

  readonly #runOf = (track: number): string | undefined => this.#definitions.get(track)?.runId;

  /** The rows without those of runs that are not in the state that they grew from. */
  #begin({ records, ingest, mark }: Session, rows: CommitRows, refused: Refusal[]): CommitRows {
    refused.length = 0;
    records.begin();
    ingest.begin();
    mark.run(this.#writerId, rows.number);
    const left = new Set<string>();
    for (const step of rows.revisions) {
      const stored = records.revision(step.runId);
      // An earlier try of the same commit stored it.
      if (stored === step.to) left.add(step.runId);
      const refusal = stored === step.to ? undefined : refusalOf(step, stored);
      if (refusal !== undefined) refused.push(refusal);
    }
    for (const { runId } of refused) left.add(runId);
    return left.size === 0 ? rows : partOf(rows, (runId) => !left.has(runId), this.#runOf);
  }

  /** runs.id of those of which no blocks bring back what is not written down. */
  #aside(records: RecordWriter, rows: CommitRows): number[] {
    return rows.aside ? runsOf(rows, this.#runOf).map((runId) => records.row(runId)) : [];
  }

  #dropEnded({ ingest, records }: Session, rows: CommitRows): void {
    for (const row of this.#aside(records, rows)) ingest.drop(row);
    for (const run of rows.runs) if (isFinal(run.status) && records.has(run.runId)) ingest.drop(records.row(run.runId));
  }

  /** Hides the run at once; purge() then removes its rows. False: no such run. */
  deleteRun(runId: string): boolean {
    const session = this.#open();
    try {
      return transaction(session.connection, () => {
        const row = tombstone(session.connection, runId);
        if (row !== undefined) session.ingest.drop(row);
        return row !== undefined;
      });
    } catch (error) {
      throw writeError(error);
    }
  }

  /** What was made anew takes the place of what was derived before. False: somebody else wrote to the run. */
  replaceDerived(rows: ReplacementRows): boolean {
    const session = this.#open();
    try {
      const changed = transaction(session.connection, () => replaceDerived(session.connection, session.records, rows));
      for (const row of changed ?? []) session.ingest.drop(row);
      return changed !== undefined;
    } catch (error) {
      throw writeError(error);
    }
  }

  /** Removes some rows of deleted runs; true when nothing is left to remove. */
  purge(slice?: number): boolean {
    return this.upkeep((connection) => purgeSlice(connection, slice));
  }

  /** What is in the write-ahead log goes to its place, so that the log's room can be used again. */
  checkpoint(): void {
    checkpoint(this.#open().connection);
  }

  /** One small transaction beside the commits. */
  upkeep<T>(work: (connection: Connection) => T): T {
    const session = this.#open();
    try {
      return transaction(session.connection, () => work(session.connection));
    } catch (error) {
      throw writeError(error);
    }
  }

  /** Gives the space of what was deleted back to the disk. */
  async compact(breathe: () => Promise<void>): Promise<Compacted> {
    try {
      return await compact(this.#open().connection, breathe);
    } catch (error) {
      throw writeError(error);
    }
  }

  /** What the open tails hold beyond the database, for reads of runs that this process writes. */
  get ingest(): Ingest | undefined {
    return this.#session?.ingest;
  }

  /** Writes all tails down and closes. What cannot be written is rebuilt from the blocks when the store is opened again. */
  close(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    try {
      transaction(session.connection, () => {
        session.records.begin();
        session.ingest.checkpointHeld();
        session.connection.prepare('DELETE FROM writers WHERE id = ?').run(this.#writerId);
      });
    } catch {
      // Nothing is lost: tails are derived.
    }
    session.connection.close();
  }

  #store({ records, ingest }: Session, rows: CommitRows): void {
    const ended = new Set(this.#aside(records, rows));
    for (const run of rows.runs) {
      const row = records.putRun(run);
      if (isFinal(run.status)) ended.add(row);
    }
    const steps = new Map(rows.revisions.map(({ runId, to }) => [runId, to]));
    for (const { runId } of rows.runs) records.putRevision(runId, steps.get(runId) ?? null);
    for (const block of rows.blocks) ingest.addBlock(block);
    ingest.addPoints(rows.points);
    for (const mark of rows.marks) records.putMark(mark);
    for (const entry of rows.entries) records.putEntry(entry);
    // Nothing is left to be steered of a run that was removed.
    for (const command of rows.commands) if (records.has(command.runId)) records.putCommand(command);
    for (const warning of rows.warnings) records.putWarning(warning);
    for (const letter of rows.deadLetters) records.putDeadLetter(letter);
    ingest.checkpointDue(ended);
  }

  /** Opens anew after a disk error; true when commit `number` turns out to be durable after all. */
  #recover(number: number): boolean {
    const broken = this.#session;
    this.#session = undefined;
    try {
      broken?.connection.close();
      const { connection } = this.#open();
      if (numberFrom(connection, `SELECT last_commit FROM writers WHERE id = '${this.#writerId}'`) < number) return false;
      // The log held it, yet its fsync failed: only written back and synced anew it is durable.
      const { busy } = connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
      return busy === 0;
    } catch {
      return false;
    }
  }

  #open(): Session {
    this.#session ??= this.#start(openWriter(this.#path));
    return this.#session;
  }

  #start(connection: Connection): Session {
    this.#opened += 1;
    const records = new RecordWriter(connection);
    const ingest = new Ingest(connection, records, this.#definitions);
    const mark = connection.prepare(
      'INSERT INTO writers (id, last_commit) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET last_commit = excluded.last_commit',
    );
    return { connection, records, ingest, mark };
  }
}

function writeError(error: unknown): XTrackError {
  return XTrackError.from(error, 'XT_STORE_WRITE');
}
