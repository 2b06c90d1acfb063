// What crosses to the storage thread: rows of plain strings and numbers, and typed arrays that are transferred, never cloned.
// Records become JSON here, on the caller's side: one pass, where a structured clone and a later stringify would be two.

import { type Forms, formsOf } from '../search/forms.js';
import type { PointColumns, TrackDefinition } from '../series/series.js';
import type {
  Batch,
  Block,
  BlockInput,
  CommandRecord,
  DeadLetter,
  Entry,
  Replacement,
  RevisionStep,
  RunRecord,
  RunWarning,
  WorkerMark,
} from '../store.js';
import { encodeJson, encodeText } from '../text.js';

export interface RunRow {
  readonly runId: string;
  readonly name: string | null;
  readonly foldedName: string;
  readonly status: string;
  readonly experiment: string | null;
  readonly parent: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly record: string;
  /** source, environment, tags; null: as stored already. */
  readonly details: string | null;
  readonly tags: readonly (readonly [key: string, value: string, forms: Forms])[];
}

export interface RecordRow {
  readonly runId: string;
  readonly record: string;
}

export interface MarkRow extends RecordRow {
  readonly worker: string;
  readonly incarnation: string;
}

export interface EntryRow extends RecordRow {
  readonly kind: Entry['type'];
  /** Params only, else ''. */
  readonly key: string;
  /** Params only. */
  readonly forms: Forms | null;
  /** Logs only. */
  readonly level: string | null;
}

export interface CommandRow extends RecordRow {
  readonly commandId: string;
}

export interface BlockRow {
  readonly runId: string;
  readonly bytes: Uint8Array;
  readonly events: number;
  readonly implied: string;
}

/** A block as it is read; the run is known. */
export type StoredBlock = Omit<BlockRow, 'runId'> & { readonly id: number };

/** One commit as the storage thread gets it. */
export interface CommitRows {
  /** Counts up by one per writer: tells a commit whose outcome was unknown from one that never was. */
  readonly number: number;
  readonly runs: readonly RunRow[];
  readonly blocks: readonly BlockRow[];
  readonly tracks: readonly TrackDefinition[];
  readonly points: PointColumns;
  readonly marks: readonly MarkRow[];
  readonly entries: readonly EntryRow[];
  readonly commands: readonly CommandRow[];
  readonly warnings: readonly RecordRow[];
  readonly deadLetters: readonly DeadLetter[];
  readonly revisions: readonly RevisionStep[];
  /** See Batch. */
  readonly released: readonly string[];
  /** See Batch. */
  readonly aside: boolean;
}

/** What takes the place of a run's rows. */
export interface ReplacementRows {
  readonly run: RunRow;
  readonly marks: readonly MarkRow[];
  readonly revision: RevisionStep;
}

/** What of a run seldom changes and can be large (a package list, say). */
type Details = Pick<RunRecord, 'source' | 'environment' | 'tags'>;

/** Remembers which details are stored already, by identity: run state is immutable, so the same object means the same content. */
export class DetailsMemory {
  readonly #stored = new Map<string, Details>();

  isStored(run: RunRecord): boolean {
    const stored = this.#stored.get(run.runId);
    return stored !== undefined && stored.source === run.source && stored.environment === run.environment && stored.tags === run.tags;
  }

  remember(runs: readonly RunRecord[]): void {
    for (const { runId, source, environment, tags, endedAt } of runs) {
      if (endedAt === null) this.#stored.set(runId, { source, environment, tags });
      else this.#stored.delete(runId);
    }
  }

  forget(runId: string): void {
    this.#stored.delete(runId);
  }
}

export function toRows(batch: Batch, number: number, details: DetailsMemory): CommitRows {
  const rows: CommitRows = {
    number,
    runs: batch.runs.map((run) => runRow(run, details.isStored(run))),
    blocks: batch.blocks.map(blockRow),
    tracks: batch.tracks,
    points: batch.points,
    marks: batch.marks.map(markRow),
    entries: batch.entries.map(entryRow),
    commands: batch.commands.map(commandRow),
    warnings: batch.warnings.map(warningRow),
    deadLetters: batch.deadLetters,
    revisions: batch.revisions ?? [],
    released: batch.released ?? [],
    aside: batch.aside === true,
  };
  return rows.aside ? rowsAside(rows) : rows;
}

/** A block again out of its row. */
export function toBlock(runId: string, row: StoredBlock): Block {
  return { id: row.id, runId, bytes: row.bytes, events: row.events, implied: JSON.parse(row.implied) as Record<string, string> };
}

function blockRow({ runId, bytes, events, implied }: BlockInput): BlockRow {
  return { runId, bytes, events, implied: JSON.stringify(implied) };
}

function runRow(run: RunRecord, detailsStored: boolean): RunRow {
  const { source, environment, tags, deletedAt: _kept, damaged: _never, ...rest } = run;
  return {
    runId: run.runId,
    name: run.name,
    foldedName: (run.name ?? '').toLowerCase(),
    status: run.status,
    experiment: run.experimentId,
    parent: run.parentRunId,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    record: encodeJson(rest),
    details: detailsStored ? null : encodeJson({ source, environment, tags }),
    tags: detailsStored ? [] : Object.entries(tags).map(([key, value]) => [encodeText(key), encodeText(value), formsOf(value)] as const),
  };
}

function markRow(mark: WorkerMark): MarkRow {
  return { runId: mark.runId, worker: encodeText(mark.worker), incarnation: encodeText(mark.incarnation), record: encodeJson(mark) };
}

function entryRow(entry: Entry): EntryRow {
  return {
    runId: entry.runId,
    kind: entry.type,
    key: entry.type === 'param' ? encodeText(entry.key) : '',
    forms: entry.type === 'param' ? formsOf(entry.value) : null,
    level: entry.type === 'log' ? entry.level : null,
    record: encodeJson(entry),
  };
}

function commandRow(command: CommandRecord): CommandRow {
  return { runId: command.runId, commandId: command.commandId, record: encodeJson(command) };
}

function warningRow(warning: RunWarning): RecordRow {
  return { runId: warning.runId, record: encodeJson(warning) };
}

/** A replacement as the storage thread gets it. */
export function toReplacement({ run, marks, revision }: Replacement): ReplacementRows {
  return { run: runRow(run, false), marks: marks.map(markRow), revision };
}

// What is derived of a run, made anew: it is gathered under a name of its own, out of sight, and then takes the place of the former.

/** No run id begins with it. */
const ASIDE = '/aside/';

/** Where what is to take the place of a run's rows is gathered. */
export function asideOf(runId: string): string {
  return `${ASIDE}${runId}`;
}

/** Rows under that name: only what a run has many of. */
function rowsAside(rows: CommitRows): CommitRows {
  const aside = <Row extends { readonly runId: string }>(part: readonly Row[]): Row[] =>
    part.map((row) => ({ ...row, runId: asideOf(row.runId) }));
  return { ...rows, entries: aside(rows.entries), tracks: aside(rows.tracks) };
}

/** The rows of a replacement as those of a commit. */
export function commitRows({ run, marks, revision }: ReplacementRows): CommitRows {
  const none = new Float64Array(0);
  const points = { length: 0, track: new Uint32Array(0), seq: none, step: none, epoch: none, ts: none, value: none };
  const nothing = { blocks: [], tracks: [], entries: [], commands: [], warnings: [], deadLetters: [], points };
  return { ...nothing, number: 0, aside: false, released: [], runs: [run], marks, revisions: [revision] };
}

/** A view whose memory may be transferred whole; a small part of something larger (Node's buffer pool, say) is copied out. */
export function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength * 2 >= bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
}
