// Group commit: gathers what all collectors accepted and makes it durable as one transaction at a time.
// Only then acknowledgements leave and subscribers hear. While the store is slow or away the journal says `full`
// and the transports stop reading, so that nothing is held without bound.
// What a commit did not store is forgotten here, all of it: nothing of it may be part of a later one.

import { type CommandResult, XTrackError } from '../protocol/index.js';
import type { Batch, BlockInput, CommandRecord, Refusal, RevisionStep, RunRecord, Store, WorkerMark } from '../storage/store.js';
import type { Bus, BusItem } from './bus.js';
import type { Lane } from './lane.js';
import { guard } from './mishaps.js';
import { Pending } from './pending.js';

/** A commit is cut as soon as the store is free and so many bytes wait … */
const CUT_BYTES = 64 * 1024;
/**
 * … or so long (ms) after the last one began. Short, since a subscriber hears only of what is committed; long enough that a steady
 * trickle keeps neither the disk nor a core busy.
 */
const INTERVAL_MS = 2;
/** Bytes that may wait for the store before the transports stop reading. */
const FULL_BYTES = 8 * 1024 * 1024;
/** ms after a commit that failed as a whole. */
const REST_MS = 250;
/** ms: the slowest commit seen on a healthy disk took 0.2 s. */
const STUCK_MS = 3_000;

/** What a collector contributes to one commit, and what is to be done once it is durable. */
export interface CollectorCut {
  readonly blocks: readonly BlockInput[];
  readonly record: RunRecord;
  readonly marks: readonly WorkerMark[];
  readonly lanes: readonly Lane[];
  readonly items: readonly BusItem[];
  /** Events before `items` that nobody was there to hear when they were accepted. */
  readonly unheard: number;
  readonly revision: RevisionStep;
}

/** Whoever gathers what a commit takes, one run each: a collector. */
export interface Contributor {
  readonly runId: string;
  /** Kept by the journal. */
  uncommittedBytes: number;
  /** Why it has to be read anew; undefined: it does not. */
  readonly dead: XTrackError | undefined;
  /** Ids of all series that were opened there. */
  trackIds(): Iterable<number>;
  settle(): void;
  /** Hands over everything since the last cut; the run's revision is `to` afterwards. */
  cut(to: number): CollectorCut;
  committed(cut: CollectorCut): void;
}

/** What became of one commit, by the runs that were not stored. */
interface Outcome {
  /** Nothing was stored, or nobody knows. */
  readonly error: XTrackError | undefined;
  readonly failed: ReadonlyMap<string, XTrackError>;
}

export interface JournalOptions<C extends Contributor> {
  readonly store: Store;
  readonly bus: Bus;
  /** What these runs have in memory is not stored: whoever holds them must read them anew. `whole`: nothing of the commit was. */
  readonly onFailure: (failed: ReadonlyMap<C, XTrackError>, whole: boolean) => void;
  /** Answers to commands, durable from now on. */
  readonly onAnswers: (answers: readonly CommandResult[]) => void;
}

/** What a run that did not exist before takes beside its events, until it is durable (bytes). */
export const NEW_RUN_BYTES = 8 * 1024;

/** The one way into the store. */
export class Journal<C extends Contributor> {
  /** What the next commit holds beside blocks, rows and marks. */
  readonly pending = new Pending();
  /** Newest record of each command that changed, by its id. */
  private readonly commands = new Map<string, CommandRecord>();
  readonly bus: Bus;
  private readonly store: Store;
  private readonly options: JournalOptions<C>;
  /** Revisions are never chosen twice, by whatever process. */
  private nextRevision = 1 + Math.floor(Math.random() * 2 ** 52);
  private readonly dirty = new Set<C>();
  private inFlight: ReadonlySet<C> = new Set();
  private pendingBytes = 0;
  private inFlightBytes = 0;
  private running: Promise<Outcome> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  /** ms of the monotonic clock: a commit that failed as a whole is not followed by the next one at once. */
  private restUntil = 0;
  private closed = false;
  private readonly waiting = new Set<() => void>();

  constructor(options: JournalOptions<C>) {
    this.bus = options.bus;
    this.store = options.store;
    this.options = options;
  }

  /** `collector` has something for the next commit, `bytes` more of it. */
  note(collector: C, bytes: number): void {
    this.pendingBytes += bytes;
    collector.uncommittedBytes += bytes;
    this.dirty.add(collector);
    if (this.timer === undefined && this.running === undefined) this.arm();
  }

  /** True while something of `collector` waits for a commit, or for the outcome of one. */
  holds(collector: C): boolean {
    return this.dirty.has(collector) || this.inFlight.has(collector);
  }

  /** Resolves when no commit of the run is under way: before that, what the store says of it is about to change. */
  async settled(runId: string): Promise<void> {
    while (this.running !== undefined && [...this.inFlight].some((collector) => collector.runId === runId)) await this.running;
  }

  /** Forgets everything of these collectors that waits for a commit. */
  drop(collectors: Iterable<C>): void {
    const gone = new Set(collectors);
    const runIds = new Set([...gone].map(({ runId }) => runId));
    for (const collector of gone) {
      this.dirty.delete(collector);
      this.pendingBytes -= collector.uncommittedBytes;
    }
    this.pending.drop(runIds, new Set([...gone].flatMap((collector) => [...collector.trackIds()])));
    this.release();
  }

  /** A command changed: durable with the next commit, and then told to subscribers. */
  noteCommand(record: CommandRecord): void {
    this.commands.set(record.commandId, record);
    if (this.timer === undefined && this.running === undefined) this.arm();
  }

  /** Nothing more is to be stored of the run's commands: it is gone. */
  dropCommands(runId: string): void {
    for (const [commandId, record] of this.commands) if (record.runId === runId) this.commands.delete(commandId);
  }

  /** Commits nothing more by itself. */
  close(): void {
    this.closed = true;
    if (this.timer !== undefined) clearTimeout(this.timer);
  }

  /** Ends a chunk: copies what lies in it, and cuts a commit when there is enough. */
  endChunk(): void {
    for (const collector of this.dirty) collector.settle();
    if (this.pendingBytes >= CUT_BYTES && this.running === undefined) this.start();
  }

  /** True while so much waits that no more should be read. */
  get full(): boolean {
    return this.pendingBytes + this.inFlightBytes > FULL_BYTES;
  }

  /** True while a commit has been under way for so long that the store must be full, or away. */
  get stuck(): boolean {
    return this.running !== undefined && performance.now() - this.startedAt > STUCK_MS;
  }

  /** Calls back once, as soon as there is room again. */
  whenRoom(callback: () => void): void {
    this.waiting.add(callback);
  }

  /**
   * Resolves when everything accepted before the call is durable; of these runs where they are named. Rejects where it is not: with
   * the commit's error, or with why a run that is named was refused. Where runs are not named, one that was refused alone is no error:
   * whoever holds it is told.
   */
  async flush(...runIds: readonly string[]): Promise<void> {
    for (const collector of this.dirty) collector.settle();
    const first = await this.running;
    // The commit that ran may have started the next one, which then holds everything.
    if (this.running === undefined && this.waits) this.start();
    const second = await this.running;
    for (const outcome of [first, second]) {
      const failed = runIds.map((runId) => outcome?.failed.get(runId)).find((error) => error !== undefined);
      const error = runIds.length === 0 ? outcome?.error : failed;
      if (error !== undefined) throw error;
    }
  }

  /** True while there is something to commit. */
  private get waits(): boolean {
    return this.dirty.size > 0 || this.commands.size > 0;
  }

  private arm(): void {
    if (this.closed) return;
    const rest = Math.max(0, Math.max(this.startedAt + INTERVAL_MS, this.restUntil) - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.running === undefined) this.start();
    }, rest);
  }

  private start(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    this.startedAt = performance.now();
    this.running = this.commitAll().finally(() => {
      this.running = undefined;
      if (this.waits) this.pendingBytes >= CUT_BYTES ? this.start() : this.arm();
    });
  }

  /** Never rejects. */
  private async commitAll(): Promise<Outcome> {
    const collectors = [...this.dirty];
    const cuts = collectors.map((collector) => collector.cut(this.chooseRevision()));
    this.dirty.clear();
    this.inFlight = new Set(collectors);
    const commands = [...this.commands.values()];
    this.commands.clear();
    const { answers, ...pending } = this.pending.take();
    this.inFlightBytes = this.pendingBytes;
    this.pendingBytes = 0;
    const batch: Batch = {
      ...pending,
      blocks: cuts.flatMap((cut) => cut.blocks),
      runs: cuts.map((cut) => cut.record),
      marks: cuts.flatMap((cut) => cut.marks),
      commands,
      revisions: cuts.map((cut) => cut.revision),
    };
    const [refusals, error] = await this.store.commit(batch).then(
      (refused) => [refused ?? [], undefined] as const,
      (thrown) => [[], XTrackError.from(thrown, 'XT_STORE_WRITE')] as const,
    );
    this.inFlight = new Set();
    this.inFlightBytes = 0;
    const failed = failuresOf(collectors, refusals, error);
    this.keepCommands(commands, error === undefined ? failed : undefined);
    if (error !== undefined) {
      this.restUntil = performance.now() + REST_MS;
      for (const runId of pending.released) this.pending.release(runId);
    }
    if (failed.size > 0) this.options.onFailure(failed, error !== undefined);
    this.release();
    collectors.forEach((collector, index) => {
      if (!failed.has(collector)) this.confirm(collector, cuts[index] as CollectorCut);
    });
    if (error === undefined) this.tell(commands, answers);
    const whole = error ?? (failed.size > 0 && failed.size === collectors.length ? [...failed.values()][0] : undefined);
    return { error: whole, failed: new Map([...failed].map(([{ runId }, why]) => [runId, why])) };
  }

  /** What people asked for is known here still, whatever became of the commit. `failed`: the runs it is about; undefined: all. */
  private keepCommands(commands: readonly CommandRecord[], failed: ReadonlyMap<C, XTrackError> | undefined): void {
    const runIds = failed && new Set([...failed.keys()].map(({ runId }) => runId));
    for (const record of commands)
      if (runIds?.has(record.runId) !== false && !this.commands.has(record.commandId)) this.commands.set(record.commandId, record);
  }

  private chooseRevision(): number {
    this.nextRevision = this.nextRevision >= Number.MAX_SAFE_INTEGER ? 1 : this.nextRevision + 1;
    return this.nextRevision;
  }

  private release(): void {
    if (this.full || this.waiting.size === 0) return;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const callback of waiting) callback();
  }

  private confirm(collector: C, cut: CollectorCut): void {
    collector.committed(cut);
    cut.lanes.forEach((lane, index) => {
      const mark = cut.marks[index];
      if (mark === undefined) return;
      lane.durable = Math.max(lane.durable, mark.contiguous);
      guard(() => lane.owner?.acknowledge(lane, lane.durable, undefined));
    });
    guard(() => this.bus.publish(cut.record.runId, cut.items, cut.unheard));
  }

  private tell(commands: readonly CommandRecord[], answers: readonly CommandResult[]): void {
    for (const command of commands)
      guard(() => this.bus.publish(command.runId, [{ type: 'command_changed', runId: command.runId, command }]));
    if (answers.length > 0) guard(() => this.options.onAnswers(answers));
  }
}

/** Why each of the collectors has to be read anew; the others' parts are stored. */
function failuresOf<C extends Contributor>(
  collectors: readonly C[],
  refusals: readonly Refusal[],
  error: XTrackError | undefined,
): Map<C, XTrackError> {
  const refused = new Map(refusals.map(({ runId, code, detail }) => [runId, new XTrackError(code, { detail })]));
  const failed = new Map<C, XTrackError>();
  for (const collector of collectors) {
    const why = error ?? refused.get(collector.runId) ?? collector.dead;
    if (why !== undefined) failed.set(collector, why);
  }
  return failed;
}
