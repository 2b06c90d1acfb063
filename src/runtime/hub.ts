// All runs that this control plane holds: finds or makes their collectors, keeps them honest about contact and gaps,
// and lets go of those that are finished.

import { hostname } from 'node:os';
import { uuidv7 } from 'uuidv7';
import { type CommandResult, XTrackError } from '../protocol/index.js';
import type { Owner, RunQuery, RunRecord, Store } from '../storage/store.js';
import { Bus } from './bus.js';
import { Collector } from './collector.js';
import { Commands } from './commands.js';
import { Journal } from './journal.js';
import type { Lane } from './lane.js';
import { isAlive, ownIdentity } from './process-identity.js';
import { initialState, isTerminal, type RunState, stateFromRecord } from './run-state.js';

/** A live run without any connection is `interrupted` after this (ms). */
const LEASE_MS = 45_000;
/** A missing range is asked for so often (ms) and given up after so long (ms); late events still fill it. */
const RESEND_MS = 1_000;
const GIVE_UP_MS = 30_000;

/** Statuses of runs that are not over. */
const LIVE_STATUSES = [
  'pending',
  'initializing',
  'running',
  'training',
  'evaluating',
  'checkpointing',
  'paused',
  'resuming',
  'finishing',
  'interrupted',
] as const satisfies NonNullable<RunQuery['status']>;

/** Newest runs of other processes that are looked at. */
const MAX_FOREIGN = 1_000;

interface Slot {
  readonly ready: Promise<Collector>;
  collector: Collector | undefined;
  /** Connections and supervisors that keep the run loaded. */
  holders: number;
  /** ms of the monotonic clock: when the last holder left. */
  idleSince: number;
}

export interface HubOptions {
  readonly store: Store;
  /** A commit was refused for good: connections must be closed, so that the emitters send again. */
  readonly onCommitFailure: (error: XTrackError) => void;
}

const epochMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);

/** The runs of one control plane. */
export class Hub {
  readonly store: Store;
  readonly bus = new Bus();
  readonly journal: Journal;
  readonly commands: Commands;
  /** Names this life of the control plane, as an incarnation does for an emitter. */
  readonly incarnation = `${Date.now().toString(36).padStart(8, '0')}-${uuidv7().slice(-8)}`;
  readonly owner: Owner;
  private readonly slots = new Map<string, Slot>();
  private readonly timer: NodeJS.Timeout;
  private readonly onCommitFailure: (error: XTrackError) => void;

  constructor(options: HubOptions) {
    this.store = options.store;
    const { writerId } = options.store;
    this.owner = { ...ownIdentity(), ...(writerId !== undefined && { host: hostname(), writer: writerId }) };
    this.onCommitFailure = options.onCommitFailure;
    this.journal = new Journal({
      store: options.store,
      bus: this.bus,
      onFailure: (error) => this.failed(error),
      onAnswers: (answers) => this.answered(answers),
    });
    this.commands = new Commands((record) => this.journal.noteCommand(record), epochMicros);
    this.timer = setInterval(() => this.tick(performance.now()), RESEND_MS);
    this.timer.unref();
  }

  /** µs since the epoch. */
  now(): number {
    return epochMicros();
  }

  /** The run's collector if it is loaded. */
  loaded(runId: string): Collector | undefined {
    return this.slots.get(runId)?.collector;
  }

  /** The collector of a run, loaded from the store or new. XT_RUN_OWNED when another living control plane holds it. */
  collector(runId: string): Promise<Collector> {
    return this.slot(runId).ready;
  }

  /** A run that must not exist yet; `prepare` fills its first state. XT_RUN_EXISTS. */
  async create(runId: string, prepare: (state: RunState) => void): Promise<Collector> {
    if (this.slots.has(runId) || (await this.store.getRun(runId)) !== undefined) {
      throw new XTrackError('XT_RUN_EXISTS', { detail: `run '${runId}' exists`, field: 'runId' });
    }
    const collector = await this.collector(runId);
    collector.change(prepare);
    await this.journal.flush();
    return collector;
  }

  /** Keeps the run loaded until `release`. */
  hold(runId: string): void {
    const slot = this.slots.get(runId);
    if (slot !== undefined) slot.holders += 1;
  }

  release(runId: string): void {
    const slot = this.slots.get(runId);
    if (slot === undefined) return;
    slot.holders = Math.max(0, slot.holders - 1);
    slot.idleSince = performance.now();
  }

  /** Takes over the live runs whose control plane is gone; each is `interrupted` until its worker is heard again. */
  async adopt(): Promise<Collector[]> {
    const live = await this.store.findRuns({ status: LIVE_STATUSES, limit: 100_000 });
    const adopted: Collector[] = [];
    let living: Promise<ReadonlySet<string>> | undefined;
    const askOnce = (): Promise<ReadonlySet<string>> => {
      living ??= this.livingWriters();
      return living;
    };
    for (const { runId, owner } of live) {
      if (this.loaded(runId) !== undefined || (await this.ownedElsewhere(owner, askOnce))) continue;
      const collector = await this.collector(runId);
      collector.change((state) => {
        state.status = isTerminal(state.status) ? state.status : 'interrupted';
        state.owner = this.owner;
      });
      adopted.push(collector);
    }
    if (adopted.length > 0) await this.journal.flush();
    return adopted;
  }

  /** The loaded runs that are not over, however they came to be loaded: an emitter may reconnect before its run is adopted. */
  live(): Collector[] {
    const loaded = [...this.slots.values()].flatMap(({ collector }) => collector ?? []);
    return loaded.filter((collector) => !isTerminal(collector.state.status));
  }

  /** Runs that another process on the same store holds, and of which nothing is heard: live ones, and those created since. */
  async foreign(createdAfter: number): Promise<RunRecord[]> {
    if (this.store.onChange !== undefined) return [];
    const live = await this.store.findRuns({ status: LIVE_STATUSES, limit: MAX_FOREIGN });
    const recent = await this.store.findRuns({ createdAfter, limit: MAX_FOREIGN });
    const runs = new Map([...live, ...recent].map((record) => [record.runId, record]));
    return [...runs.values()].filter(({ owner }) => owner !== null && !this.isOwn(owner));
  }

  /** Forgets a run that was deleted from the store. */
  forget(runId: string): void {
    this.slots.delete(runId);
    this.commands.forget(runId);
  }

  /** Makes everything durable and gives up ownership, so that the next control plane takes over at once. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const { collector } of this.slots.values()) {
      if (collector !== undefined && !isTerminal(collector.state.status)) {
        collector.change((state) => {
          state.owner = null;
        });
      }
    }
    await this.journal.flush();
    this.commands.close();
    this.bus.close();
    this.slots.clear();
  }

  private isOwn({ pid, startTime, host }: Owner): boolean {
    return pid === this.owner.pid && startTime === this.owner.startTime && host === this.owner.host;
  }

  private async ownedElsewhere(owner: Owner | null, living = () => this.livingWriters()): Promise<boolean> {
    if (owner === null || this.isOwn(owner)) return false;
    // Whether a process of another machine lives, only the store can say.
    if (owner.writer !== undefined && !isOfThisMachine(owner, this.owner)) {
      return (await living()).has(owner.writer);
    }
    return isAlive(owner);
  }

  private async livingWriters(): Promise<ReadonlySet<string>> {
    return (await this.store.livingWriters?.()) ?? new Set();
  }

  private slot(runId: string): Slot {
    const known = this.slots.get(runId);
    if (known !== undefined) return known;
    const slot: Slot = { ready: this.load(runId), collector: undefined, holders: 0, idleSince: performance.now() };
    this.slots.set(runId, slot);
    slot.ready.then(
      (collector) => {
        slot.collector = collector;
      },
      () => this.slots.delete(runId),
    );
    return slot;
  }

  private async load(runId: string): Promise<Collector> {
    const record = await this.store.getRun(runId);
    if (record !== undefined && !isTerminal(record.status) && (await this.ownedElsewhere(record.owner))) {
      throw new XTrackError('XT_RUN_OWNED', { detail: `run '${runId}' is held by process ${record.owner?.pid}` });
    }
    const state = record === undefined ? initialState(runId, this.now()) : stateFromRecord(record);
    state.owner = this.owner;
    const marks = record === undefined ? [] : await this.store.getMarks(runId);
    if (record !== undefined && !isTerminal(record.status)) this.commands.restore(await this.store.getCommands(runId));
    const isBlank = record === undefined;
    return new Collector({ state, marks, journal: this.journal, controlIncarnation: this.incarnation, now: epochMicros, isBlank });
  }

  private answered(answers: readonly CommandResult[]): void {
    for (const answer of answers) this.commands.answer(answer);
  }

  private failed(error: XTrackError): void {
    // What was accepted but not stored is unknown now: forget it all, the emitters send it again from the last ack.
    this.slots.clear();
    this.onCommitFailure(error);
  }

  private tick(now: number): void {
    for (const [runId, slot] of this.slots) {
      const { collector } = slot;
      if (collector === undefined) continue;
      for (const lane of collector.allLanes()) if (lane.sequence.firstHole !== undefined) this.chase(collector, lane, now);
      if (slot.holders === 0 && now - slot.idleSince > LEASE_MS) this.idle(runId, collector);
    }
  }

  /** Asks for a missing range again, and at last records it as lost. */
  private chase(collector: Collector, lane: Lane, now: number): void {
    const hole = lane.sequence.firstHole;
    if (hole === undefined || lane.owner === undefined) return;
    if (lane.asked?.from !== hole.from) {
      lane.asked = { from: hole.from, since: now };
      const detail = `events ${hole.from} to ${hole.to} of worker '${lane.worker}' are missing`;
      collector.warn({ code: 'XT_SEQ_GAP', detail, field: null, worker: lane.worker, seq: hole.from });
    }
    // A tail of which only the emitter has spoken is not given up: it may not have been sent yet.
    if (now - lane.asked.since > GIVE_UP_MS && hole.to < lane.sequence.last) {
      lane.sequence.declare({ ...hole, reason: 'undeclared', counts: null });
      collector.refreshMark(lane);
      return;
    }
    lane.owner.acknowledge(lane, lane.durable, hole);
  }

  private idle(runId: string, collector: Collector): void {
    if (isTerminal(collector.state.status) || collector.state.status === 'interrupted') {
      if (!this.journal.holds(collector)) this.slots.delete(runId);
      return;
    }
    collector.change((state) => {
      state.status = 'interrupted';
    });
  }
}

/** Containers of one machine have one boot id, and each its own pids. */
function isOfThisMachine(owner: Owner, own: Owner): boolean {
  const bootOf = ({ startTime }: Owner): string => startTime.slice(startTime.indexOf('@'));
  return owner.host === own.host && bootOf(owner) === bootOf(own);
}
