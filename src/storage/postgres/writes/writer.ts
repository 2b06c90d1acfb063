// The writing connection: one commit, one transaction, two round trips. What a commit changed in memory stays only when it is durable;
// after any error the connection is dropped, and where the outcome is unknown, the same commit under the same number settles it.

import type { Client, Pool } from 'pg';
import { XTrackError } from '../../../protocol/errors.js';
import { isFinal } from '../../../protocol/events.js';
import { TrackBook } from '../../points/track-book.js';
import { checkPoints, partOf, refusalOf, refusedOf, runsOf, without } from '../../refusals.js';
import type { Refusal } from '../../store.js';
import { decodeText } from '../../text.js';
import type { CommitRows, ReplacementRows } from '../../thread/rows.js';
import { type Announced, channelOf, toPayloads } from '../changes.js';
import { connectWriter, inSnapshot, isStoredAlready, isTransient, openReaders, type ServerAddress } from '../driver.js';
import { replaceDerived } from '../rebuild.js';
import { type Command, send } from '../statements.js';
import type { Turns } from '../turns.js';
import { runIdArray, textArray } from './arrays.js';
import { GroupWriter } from './group-writer.js';
import { Ingest } from './ingest.js';
import type { PointWrites } from './point-writes.js';
import { purgeSlice, tombstone } from './purge.js';
import { recordCommands, runCommands } from './record-writer.js';
import { type Loading, type LockedRow, type RevisionRow, type RunHead, toHead } from './tails.js';

/** Tails are written down when nothing was committed for so long (ms). */
const IDLE_MS = 5_000;

interface Stored {
  readonly refused: Refusal[];
  /** Rows of the runs that have ended, and how many chunks each has. */
  readonly ended: ReadonlyMap<number, number>;
}

export class PostgresWriter {
  readonly ingest: Ingest;
  readonly groups: GroupWriter;
  readonly #address: ServerAddress;
  readonly #writerId: string;
  readonly #channel: string;
  readonly #turns: Turns;
  readonly #definitions = new TrackBook();
  /** ms of the monotonic clock. */
  #committedAt = Number.NEGATIVE_INFINITY;
  #client: Client | undefined;
  #loader: Pool | undefined;

  /** `writerId` names this writer among all that ever write to the database; `turns` keeps reads of the tails apart from commits. */
  constructor(options: { address: ServerAddress; writerId: string; schema: string; turns: Turns }) {
    this.#address = options.address;
    this.#writerId = options.writerId;
    this.#channel = channelOf(options.schema);
    this.#turns = options.turns;
    this.ingest = new Ingest(this.#definitions);
    this.groups = new GroupWriter(options.address);
  }

  /**
   * Makes the rows durable, but for those of the runs that it resolves to. Throws whatever went wrong, with nothing stored, or with the
   * outcome unknown: then the same call settles it.
   */
  async commit(rows: CommitRows): Promise<Refusal[]> {
    this.ingest.forget(this.#definitions.release(rows.released));
    this.#definitions.add(rows.tracks);
    checkPoints(rows.points, (id) => this.#definitions.has(id));
    const stored = await this.#tryCommit(rows);
    this.#committedAt = performance.now();
    for (const [row, chunks] of stored?.ended ?? []) {
      this.ingest.drop(row);
      this.groups.ended(row, chunks);
    }
    this.groups.work();
    return stored?.refused ?? (await this.#refusedBefore(rows));
  }

  /** All runs at once; where that cannot be stored, run by run. Undefined: an earlier try has stored it. */
  async #tryCommit(rows: CommitRows): Promise<Stored | undefined> {
    try {
      return await this.#turns.take(() =>
        this.#attempt(async (client) => {
          const refused: Refusal[] = [];
          const { heads, admitted } = await this.#begin(client, rows, refused);
          return { refused, ended: await this.#store(client, admitted, heads) };
        }),
      );
    } catch (error) {
      if (isTransient(error)) throw error;
      return await this.#turns.take(() => this.#attempt((client) => this.#commitSingly(client, rows, error)));
    }
  }

  /** What breaks one of the runs is refused with that run alone. */
  async #commitSingly(client: Client, rows: CommitRows, cause: unknown): Promise<Stored> {
    this.ingest.dropAll();
    const refused: Refusal[] = [];
    const { heads, admitted } = await this.#begin(client, rows, refused);
    const runIds = runsOf(admitted, this.#runOf);
    const ended = new Map<number, number>();
    let broken = 0;
    try {
      for (const runId of runIds.filter((each) => heads.has(each))) {
        const head = heads.get(runId) as RunHead;
        const part = partOf(admitted, (each) => each === runId, this.#runOf);
        await client.query('SAVEPOINT part');
        try {
          for (const [row, chunks] of await this.#store(client, part, new Map([[runId, head]]), 'RELEASE SAVEPOINT part'))
            ended.set(row, chunks);
        } catch (error) {
          if (isTransient(error)) throw error;
          await client.query('ROLLBACK TO SAVEPOINT part');
          this.ingest.dropTouched();
          refused.push({ runId, code: 'XT_STORE_WRITE', detail: error instanceof Error ? error.message : String(error) });
          broken += 1;
        }
      }
      if (broken === runIds.length) throw cause;
      await client.query('COMMIT');
      return { refused, ended };
    } catch (error) {
      this.ingest.dropAll();
      throw error;
    }
  }

  /** Whose part the try that stored the commit had refused: every run that is not in the state that the commit gives it. */
  async #refusedBefore({ revisions }: CommitRows): Promise<Refusal[]> {
    if (revisions.length === 0) return [];
    const ids = runIdArray(revisions.map(({ runId }) => runId));
    const [rows] = (await this.upkeep((client) => send(client, [{ name: 'getRevisions', values: [ids] }]))) as [RevisionRow[]];
    return refusedOf(revisions, new Map(rows.map(({ run_id, revision }) => [decodeText(run_id), revision])));
  }

  readonly #runOf = (track: number): string | undefined => this.#definitions.get(track)?.runId;

  readonly isTransient = isTransient;

  /** Hides the run at once; purge() then removes its rows. False: no such run. */
  async deleteRun(runId: string): Promise<boolean> {
    return await this.upkeep(async (client) => {
      const row = await tombstone(client, runId);
      if (row !== undefined) this.ingest.drop(row);
      return row !== undefined;
    });
  }

  /** What was made anew takes the place of what was derived before. False: somebody else wrote to the run. */
  async replaceDerived(rows: ReplacementRows): Promise<boolean> {
    return await this.#turns.take(async () => {
      const changed = await this.#attempt((client) => replaceDerived(client, rows, { channel: this.#channel, writerId: this.#writerId }));
      this.groups.forget();
      for (const { row } of changed ?? []) this.ingest.drop(row);
      for (const { row } of changed ?? []) this.groups.ended(row, Number.POSITIVE_INFINITY);
      this.groups.work();
      return changed !== undefined;
    });
  }

  /** Removes some rows of deleted runs; true when nothing is left to remove. */
  async purge(): Promise<boolean> {
    return (await this.upkeep(purgeSlice)) ?? true;
  }

  /** Runs work on the writing connection, in between the commits. */
  async upkeep<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return await this.#turns.take(async () => (await this.#attempt(work)) as T);
  }

  /** Says that this writer lives, so that no other machine takes its runs. */
  async breathe(): Promise<void> {
    await this.upkeep((client) => send(client, [{ name: 'breathe', values: [this.#writerId] }]));
  }

  /** Writes all tails down where nothing has been committed for a while: for plain SQL, and for searches of other processes. */
  async settle(): Promise<void> {
    if (performance.now() - this.#committedAt < IDLE_MS) return;
    await this.upkeep((client) => this.#writeHeld(client));
    this.groups.work();
  }

  /** Writes all tails down, where the server takes them, and closes. What cannot be written is rebuilt from the blocks. */
  async close(): Promise<void> {
    await this.#turns.take(async () => {
      await this.#attempt(async (client) => {
        await this.#writeHeld(client);
        await client.query('DELETE FROM writers WHERE id = $1', [this.#writerId]);
      }).catch(() => undefined);
      await this.groups.close();
      await this.#client?.end().catch(() => undefined);
      await this.#loader?.end().catch(() => undefined);
    });
  }

  /** Undefined: what `work` would have stored is stored already. */
  async #attempt<T>(work: (client: Client) => Promise<T>): Promise<T | undefined> {
    try {
      this.#client ??= await connectWriter(this.#address);
      return await work(this.#client);
    } catch (error) {
      this.ingest.dropTouched();
      this.groups.forget();
      this.#drop();
      if (isStoredAlready(error)) return undefined;
      throw error;
    }
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => undefined);
  }

  /**
   * Starts the transaction: settles whether this commit is stored already, locks the rows of all runs that it touches, and leaves out
   * those that are not in the state that it grew from.
   */
  async #begin(client: Client, rows: CommitRows, refused: Refusal[]): Promise<{ heads: Map<string, RunHead>; admitted: CommitRows }> {
    const begun = client.query('BEGIN');
    const answers = send(client, [
      { name: 'begin', values: [this.#writerId, rows.number] },
      { name: 'lockRuns', values: [runIdArray(runsOf(rows, this.#runOf))] },
    ]);
    await Promise.all([begun, answers]);
    const [, found] = (await answers) as [unknown, LockedRow[]];
    const revisions = new Map(found.map((row) => [toHead(row).runId, row.revision]));
    refused.push(...rows.revisions.flatMap((step) => refusalOf(step, revisions.get(step.runId) ?? 0) ?? []));
    let kept = without(rows, refused, this.#runOf);
    // Nothing is left to be steered of a run that was removed.
    const needed = new Set(runsOf({ ...kept, commands: [] }, this.#runOf));
    const missing = [...needed].filter((runId) => !revisions.has(runId));
    const [made] = missing.length === 0 ? [[]] : await send(client, [{ name: 'insertRuns', values: [runIdArray(missing)] }]);
    // Another process began the same run at the same moment: its row was not there to be locked, and is now.
    const rivals = new Map((made as LockedRow[]).map((row) => [toHead(row).runId, row.revision]));
    refused.push(...kept.revisions.flatMap((step) => refusalOf(step, rivals.get(step.runId) ?? step.from) ?? []));
    kept = without(kept, refused, this.#runOf);
    const locked = [...found, ...(made as LockedRow[])];
    const heads = new Map(locked.map(toHead).map((head) => [head.runId, head]));
    for (const { runId } of refused) heads.delete(runId);
    const admitted = { ...kept, commands: kept.commands.filter(({ runId }) => heads.has(runId)) };
    const bare = new Set(locked.filter((row) => row.bare === 't').map((row) => toHead(row).runId));
    const lost = admitted.runs.find((run) => run.details === null && bare.has(run.runId));
    if (lost !== undefined) throw new XTrackError('XT_STORE_WRITE', { detail: `run ${lost.runId} was deleted` });
    return { heads, admitted };
  }

  /** Sends everything, and the end of the transaction or of a part. Resolves to the rows of the runs that have ended: Stored.ended. */
  async #store(client: Client, rows: CommitRows, heads: ReadonlyMap<string, RunHead>, end = 'COMMIT'): Promise<Map<number, number>> {
    const ended = new Set(rows.runs.filter((run) => isFinal(run.status)).map((run) => (heads.get(run.runId) as RunHead).row));
    // No blocks bring back what is not written down of these.
    if (rows.aside) for (const { row } of heads.values()) ended.add(row);
    await this.ingest.prepare(this.#load, rows, heads);
    const writes = this.ingest.apply(rows, heads, ended);
    const steered = new Set(rows.commands.map(({ runId }) => runId));
    const announced = [...heads.values()].map(
      ({ runId, lastBlock }): Announced => (steered.has(runId) ? [runId, lastBlock, 1] : [runId, lastBlock]),
    );
    const payloads = toPayloads(this.#writerId, announced);
    await this.#finish(
      client,
      writes,
      [
        ...recordCommands(rows, heads),
        ...runCommands(rows.runs, heads, writes.heads, rows.revisions),
        ...(payloads.length === 0 ? [] : [{ name: 'notify', values: [this.#channel, textArray(payloads)] } as const]),
      ],
      end,
    );
    const chunks = new Map([...heads.values()].map(({ row, lastChunk }) => [row, writes.heads.get(row)?.lastChunk ?? lastChunk]));
    return new Map([...ended].map((row) => [row, chunks.get(row) ?? 0]));
  }

  async #finish(client: Client, writes: PointWrites, records: readonly Command[], end = 'COMMIT'): Promise<void> {
    const sent = send(client, [...writes.commands(), ...records]);
    const committed = client.query(end);
    // The first failure says why; that the rest fails too says nothing.
    await Promise.allSettled([sent, committed]);
    await sent;
    const { command } = await committed;
    if (end === 'COMMIT' && command !== end)
      throw new XTrackError('XT_STORE_WRITE', { detail: `the server answered ${command} to COMMIT` });
    for (const { run, track, number } of writes.sealed) this.groups.sealed(run, track, number);
  }

  async #writeHeld(client: Client): Promise<void> {
    const ahead = this.ingest.ahead;
    if (ahead.length === 0) return;
    await client.query('BEGIN');
    const [found] = (await send(client, [{ name: 'lockRuns', values: [runIdArray(ahead)] }])) as [LockedRow[]];
    const writes = await this.ingest.applyHeld(found.map(toHead), this.#load);
    await this.#finish(client, writes, runCommands([], new Map(), writes.heads, []));
  }

  /** On a connection of its own, opened on use: most commits find their tails in memory. */
  readonly #load: Loading = async (work) => {
    this.#loader ??= await openReaders(this.#address, 1);
    return await inSnapshot(this.#loader, work);
  };
}
