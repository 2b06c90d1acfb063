// Writes the records of a commit: runs, marks, entries, commands, warnings, dead letters. Inside the writer's transaction.

import { XTrackError } from '../../../protocol/errors.js';
import type { Forms } from '../../search/forms.js';
import type { DeadLetter, RevisionStep } from '../../store.js';
import { encodeText } from '../../text.js';
import type { CommandRow, EntryRow, MarkRow, RecordRow, RunRow } from '../../thread/rows.js';
import type { Connection, Statement } from '../driver.js';

const UPSERT_RUN = `
  INSERT INTO runs (run_id, name, folded_name, status, experiment, parent, created_at, started_at, ended_at, record, details)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (run_id) DO UPDATE SET
    name = excluded.name, folded_name = excluded.folded_name, status = excluded.status, experiment = excluded.experiment,
    parent = excluded.parent, created_at = excluded.created_at, started_at = excluded.started_at, ended_at = excluded.ended_at, record = excluded.record,
    details = coalesce(excluded.details, details)
  RETURNING id, details IS NULL AS bare`;

export class RecordWriter {
  readonly #upsertRun: Statement;
  readonly #findRun: Statement;
  readonly #insertRun: Statement;
  readonly #clearTags: Statement;
  readonly #insertTag: Statement;
  readonly #findRevision: Statement;
  readonly #putRevision: Statement;
  readonly #upsertMark: Statement;
  readonly #upsertParam: Statement;
  readonly #insertEntry: Statement;
  readonly #upsertCommand: Statement;
  readonly #insertWarning: Statement;
  readonly #insertDeadLetter: Statement;
  /** runs.id by run id, for one commit: another process may delete a run between two. */
  readonly #rows = new Map<string, number>();

  constructor(connection: Connection) {
    this.#upsertRun = connection.prepare(UPSERT_RUN);
    this.#findRun = connection.prepare('SELECT id FROM runs WHERE run_id = ?');
    this.#insertRun = connection.prepare('INSERT INTO runs (run_id) VALUES (?)');
    this.#clearTags = connection.prepare('DELETE FROM tags WHERE run = ?');
    this.#insertTag = connection.prepare('INSERT INTO tags (run, key, value, number, text, folded) VALUES (?, ?, ?, ?, ?, ?)');
    this.#findRevision = connection.prepare('SELECT v.revision FROM runs r JOIN revisions v ON v.run = r.id WHERE r.run_id = ?');
    this.#putRevision = connection.prepare(
      `INSERT INTO revisions (run, revision) VALUES (?, coalesce(?, -1))
       ON CONFLICT (run) DO UPDATE SET revision = coalesce(?, -abs(revision) - 1)`,
    );
    this.#upsertMark = connection.prepare(
      `INSERT INTO marks (run, worker, incarnation, record) VALUES (?, ?, ?, ?)
       ON CONFLICT (run, worker, incarnation) DO UPDATE SET record = excluded.record`,
    );
    this.#upsertParam = connection.prepare(
      `INSERT INTO params (run, key, record, number, text, folded) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (run, key) DO UPDATE SET
         record = excluded.record, number = excluded.number, text = excluded.text, folded = excluded.folded`,
    );
    this.#insertEntry = connection.prepare('INSERT INTO entries (run, kind, level, record) VALUES (?, ?, ?, ?)');
    this.#upsertCommand = connection.prepare(
      `INSERT INTO commands (run, command_id, record) VALUES (?, ?, ?)
       ON CONFLICT (run, command_id) DO UPDATE SET record = excluded.record`,
    );
    this.#insertWarning = connection.prepare('INSERT INTO warnings (run, record) VALUES (?, ?)');
    this.#insertDeadLetter = connection.prepare('INSERT INTO dead_letters (run, at, code, bytes) VALUES (?, ?, ?, ?)');
  }

  /** Starts a commit: forgets what was looked up in the one before. */
  begin(): void {
    this.#rows.clear();
  }

  /** runs.id of a run; a run that only has blocks or marks so far gets a row without a record. */
  row(runId: string): number {
    const known = this.#rows.get(runId);
    if (known !== undefined) return known;
    const found = this.#findRun.get(runId) as { id: number } | undefined;
    const row = found?.id ?? Number(this.#insertRun.run(runId).lastInsertRowid);
    this.#rows.set(runId, row);
    return row;
  }

  /** Returns runs.id. */
  putRun(run: RunRow): number {
    const { runId, name, foldedName, status, experiment, parent, createdAt, startedAt, endedAt, record, details } = run;
    const row = this.#upsertRun.get(
      runId,
      name === null ? null : encodeText(name),
      encodeText(foldedName),
      status,
      experiment === null ? null : encodeText(experiment),
      parent === null ? null : encodeText(parent),
      createdAt,
      startedAt,
      endedAt,
      record,
      details,
    ) as { id: number; bare: number };
    if (row.bare === 1) throw new XTrackError('XT_STORE_WRITE', { detail: `run ${runId} was deleted by another process` });
    this.#rows.set(runId, row.id);
    if (details !== null) this.#putTags(row.id, run.tags);
    return row.id;
  }

  /** 0: the run is not there, or nobody ever said. */
  revision(runId: string): number {
    return (this.#findRevision.get(runId) as { revision: number } | undefined)?.revision ?? 0;
  }

  /** Whoever commits without saying what it grew from changes the run as well; nobody ever chooses a number below 0. */
  putRevision(runId: string, to: RevisionStep['to'] | null): void {
    this.#putRevision.run(this.row(runId), to, to);
  }

  /** True where there is such a run. */
  has(runId: string): boolean {
    return this.#rows.has(runId) || this.#findRun.get(runId) !== undefined;
  }

  putMark(mark: MarkRow): void {
    this.#upsertMark.run(this.row(mark.runId), mark.worker, mark.incarnation, mark.record);
  }

  putEntry(entry: EntryRow): void {
    const row = this.row(entry.runId);
    if (entry.forms !== null) this.#upsertParam.run(row, entry.key, entry.record, ...formColumns(entry.forms));
    else this.#insertEntry.run(row, entry.kind, entry.level, entry.record);
  }

  putCommand(command: CommandRow): void {
    this.#upsertCommand.run(this.row(command.runId), command.commandId, command.record);
  }

  putWarning(warning: RecordRow): void {
    this.#insertWarning.run(this.row(warning.runId), warning.record);
  }

  putDeadLetter({ runId, at, code, bytes }: DeadLetter): void {
    this.#insertDeadLetter.run(this.row(runId), at, code, bytes);
  }

  #putTags(row: number, tags: RunRow['tags']): void {
    this.#clearTags.run(row);
    for (const [key, value, forms] of tags) this.#insertTag.run(row, key, value, ...formColumns(forms));
  }
}

/** `number`, `text`, `folded` */
export function formColumns({ number, text, folded }: Forms): [number | null, string | null, string | null] {
  return [number, text, folded];
}
