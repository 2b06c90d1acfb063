// What is done with a run: start, stop, steer, feed, delete. The writing half of the public API; an XTrack adds its life to it.

import { uuidv7 } from 'uuidv7';
import type { Trash } from './care/trash.js';
import type { VerifiedRun } from './care/verify/findings.js';
import { isFinal } from './protocol/events.js';
import { assertRunId, type CommandType, type JsonValue, XTrackError } from './protocol/index.js';
import { MASK } from './protocol/secrets.js';
import { type Run, toRun } from './query/run.js';
import { RunQuestions } from './query/run-questions.js';
import type { IssuedCommand, SendCommandOptions, StopRunOptions } from './runtime/commands.js';
import type { Hub } from './runtime/hub.js';
import type { GivenCommand } from './runtime/process/given-commands.js';
import type { RunManager, StartRunOptions } from './runtime/process/run-manager.js';
import { type RunEdit, tagsOfEdit } from './runtime/run-edit.js';
import type { CommandRecord } from './storage/store.js';
import { type IngestOptions, type IngestReport, ingestFrames, ingestLines } from './transports/recorded/ingest.js';
import { repairRuns, verifyRuns } from './verify.js';

/** The verbs of a control plane. */
export abstract class RunVerbs extends RunQuestions {
  protected abstract readonly hub: Hub;
  protected abstract readonly manager: RunManager;
  protected abstract readonly trash: Trash;

  /**
   * Counts everything of the runs anew from their event logs (without `runIds`: of all runs, those in the trash too), and says of each what
   * differs. Reads only, also beside a live control plane. Errors: XT_RUN_NOT_FOUND.
   *
   * With `repair`, what is derived of a run that differs is made anew from its log, run by run, each in one transaction: `repaired` says what
   * was mended, `findings` what is left, `refused` why a run was not touched (XT_RUN_OWNED, XT_RUN_LIVE). The log itself is never changed; of
   * a run whose log cannot be read whole nothing is taken away. Errors: XT_STORE_READ_ONLY, XT_ARGUMENT for a store in memory.
   *
   * @example for await (const { runId, findings } of xtrack.verify()) if (findings.length > 0) console.log(runId, findings);
   */
  verify(options: { readonly runIds?: readonly string[]; readonly repair?: boolean } = {}): AsyncIterableIterator<VerifiedRun> {
    const { store } = this.hub;
    if (options.repair !== true) return verifyRuns(store, options.runIds);
    this.assertWritable();
    if (store.replaceDerived === undefined)
      throw new XTrackError('XT_ARGUMENT', { detail: 'what is in memory alone needs no repair', field: 'repair' });
    return repairRuns(store, options.runIds, (record) => this.hub.letGo(record));
  }

  /** Starts a training script as a supervised process. Resolves once it runs. Errors: XT_SPAWN, XT_RUN_EXISTS, XT_RUN_ID, XT_ARGUMENT. */
  async startRun(options: StartRunOptions): Promise<Run> {
    this.assertWritable();
    const collector = await this.manager.start(options);
    return await this.getRun(collector.runId);
  }

  /**
   * The command line that a run was started with, secrets and all. Where masks stand in its record (`run.process`) only the process that
   * started it knows it: undefined elsewhere, and for runs that XTrack did not start.
   */
  async commandOf(runId: string): Promise<GivenCommand | undefined> {
    const { process: started } = await this.getRun(runId);
    if (started === null) return undefined;
    const { command, args } = started;
    const given = this.manager.given.of(runId);
    return given ?? ([command, ...args].some((word) => word.includes(MASK)) ? undefined : { command, args });
  }

  /** Makes a run that workers feed which connect by themselves. Errors: XT_RUN_EXISTS, XT_RUN_ID. */
  async startCollector(runId: string = uuidv7()): Promise<Run> {
    this.assertWritable();
    assertRunId(runId);
    await this.hub.create(runId, () => undefined);
    return await this.getRun(runId);
  }

  /** Stop command, SIGTERM, SIGKILL to the whole process group, each after `graceMs` (default 10 s). Resolves when it ended. */
  async stopRun(runId: string, options: StopRunOptions = {}): Promise<Run> {
    return await (await this.beginStop(runId, options)).ended;
  }

  /** As stopRun, but resolves as soon as the run is being stopped. Errors: XT_RUN_NOT_FOUND, XT_RUN_OWNED. */
  async beginStop(runId: string, options: StopRunOptions = {}): Promise<{ readonly ended: Promise<Run> }> {
    this.assertWritable();
    const run = await this.getRun(runId);
    if (isFinal(run.status)) return { ended: Promise.resolve(run) };
    const ended = this.manager.stop(await this.hub.collector(runId), options).then(() => this.getRun(runId));
    // Whoever does not wait for the end leaves nothing unhandled.
    ended.catch(() => undefined);
    return { ended };
  }

  /** Sends a command to the run's workers; resolves with its record once it is answered or expired (default after 60 s). */
  async sendCommand(
    runId: string,
    type: CommandType,
    payload: Readonly<Record<string, JsonValue>> = {},
    options: SendCommandOptions = {},
  ): Promise<CommandRecord> {
    await this.takesCommands(runId);
    return await this.hub.commands.send(runId, type, payload, options);
  }

  /**
   * As sendCommand, but resolves at once: the command's record as it stands, and its final one as a promise that never rejects.
   * Errors: XT_RUN_NOT_FOUND, XT_RUN_NOT_LIVE, XT_RUN_OWNED, XT_BUSY with 200 commands to the run open.
   */
  async issueCommand(
    runId: string,
    type: CommandType,
    payload: Readonly<Record<string, JsonValue>> = {},
    options: Omit<SendCommandOptions, 'signal'> = {},
  ): Promise<IssuedCommand> {
    await this.takesCommands(runId);
    return this.hub.commands.issue(runId, type, payload, options);
  }

  /** True while a worker of the run is connected to this control plane and takes commands: one that is sent arrives at once. */
  isReachable(runId: string): boolean {
    return this.hub.commands.reachable(runId);
  }

  /**
   * The runs that another process on this data directory holds: nothing of them is heard here. Those that live, and those created at or
   * after `createdAfter` (µs since the epoch). None where the store tells what others commit (PostgreSQL).
   */
  async foreignRuns(createdAfter: number): Promise<Run[]> {
    return (await this.hub.foreign(createdAfter)).map(toRun);
  }

  /** Changes with what other processes write to this data directory, and with nothing else; null where that cannot be told. */
  async foreignRevision(): Promise<string | null> {
    return (await this.hub.store.foreignRevision?.()) ?? null;
  }

  /**
   * Takes in events that came as one body: frames as an emitter writes them, or envelopes as JSON, one a line. Resolves when what was
   * taken is durable; sending it again does no harm. Errors: XT_STORE_WRITE.
   */
  async ingest(body: Uint8Array, options: IngestOptions & { readonly format: 'frames' | 'lines' }): Promise<IngestReport> {
    this.assertWritable();
    const { format, ...rest } = options;
    return await (format === 'frames' ? ingestFrames(this.hub, body, rest) : ingestLines(this.hub, body, rest));
  }

  /**
   * Changes what people say of a run: name, notes, tags, archived, public, the checkpoint that was promoted. Kept as an event of the run,
   * so that every copy of it says so; a run that is over stays over. Resolves when it is durable. Errors: XT_RUN_NOT_FOUND,
   * XT_RUN_OWNED, XT_ARGUMENT, XT_FIELD_LIMIT, XT_STORE_WRITE.
   *
   * @example await xtrack.updateRun(runId, { name: 'baseline', tags: { stage: 'tuned', draft: null }, archived: true });
   */
  async updateRun(runId: string, edit: RunEdit): Promise<Run> {
    this.assertWritable();
    const tags = tagsOfEdit(edit);
    const before = await this.getRun(runId);
    if (Object.keys(tags).length === 0) return before;
    for (let again = true; ; again = false) {
      (await this.hub.collector(runId)).emit({ type: 'tags', tags });
      try {
        await this.hub.journal.flush(runId);
        return await this.getRun(runId);
      } catch (error) {
        // Somebody else changed it at the same moment: it is read anew, and changed once more, where it is still there.
        if (!again || !(error instanceof XTrackError) || error.code !== 'XT_RUN_CHANGED') throw error;
        await this.getRun(runId);
      }
    }
  }

  /**
   * Moves a run that is over to the trash: no list and no search shows it unless asked. Events that still come for it are kept, and leave
   * it there. Errors: XT_RUN_NOT_FOUND, XT_RUN_LIVE, XT_RUN_OWNED.
   */
  async deleteRun(runId: string): Promise<void> {
    this.assertWritable();
    await this.trash.put(runId);
  }

  /** Takes a run out of the trash. Errors: XT_RUN_NOT_FOUND, XT_RUN_OWNED. */
  async restoreRun(runId: string): Promise<Run> {
    this.assertWritable();
    await this.trash.takeOut(runId);
    return await this.getRun(runId);
  }

  /**
   * Removes a run and all that belongs to it, for good; its id is free again. Errors: XT_RUN_NOT_FOUND, XT_RUN_LIVE, XT_RUN_OWNED where
   * another control plane holds it.
   */
  async purgeRun(runId: string): Promise<void> {
    this.assertWritable();
    await this.trash.purge(runId);
  }

  private async takesCommands(runId: string): Promise<void> {
    this.assertWritable();
    const run = await this.getRun(runId);
    if (isFinal(run.status)) throw new XTrackError('XT_RUN_NOT_LIVE', { detail: `run '${runId}' is ${run.status}` });
    await this.hub.collector(runId);
  }

  /** Throws XT_CLOSED, XT_STORE_READ_ONLY. */
  protected abstract assertWritable(): void;
}
