// All runs that this control plane holds: finds or makes their collectors, keeps them honest about contact and gaps,
// and lets go of those that are finished.

import { uuidv7 } from 'uuidv7';
import { isFinal } from '../protocol/events.js';
import { XTrackError } from '../protocol/index.js';
import { sound } from '../storage/run-columns.js';
import type { RunRecord, Store } from '../storage/store.js';
import { Bus } from './bus.js';
import { Collector } from './collector.js';
import { Commands } from './commands.js';
import { IdleRuns } from './idle-runs.js';
import { Journal } from './journal.js';
import { chase } from './lanes.js';
import { guard, warnOf } from './mishaps.js';
import { Ownership } from './ownership.js';
import { initialState, LIVE_STATUSES, type RunState, stateFromRecord } from './run-state.js';

/** A live run without any connection is `interrupted` after this (ms). */
const LEASE_MS = 45_000;
/** A missing range is asked for so often (ms) and given up after so long (ms); late events still fill it. */
const RESEND_MS = 1_000;

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
  /** Nothing of a commit was stored, or nobody knows: connections must be closed, so that the emitters send again. */
  readonly onCommitFailure: (error: XTrackError) => void;
  /** What this run had in memory is not stored. Who spoke for a worker of it was sent away already; `collector` gives the run anew. */
  readonly onRunLost?: (collector: Collector, error: XTrackError) => void;
}

const epochMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);

/** The runs of one control plane. */
export class Hub {
  readonly store: Store;
  readonly bus = new Bus();
  readonly journal: Journal<Collector>;
  readonly commands: Commands;
  /** Names this life of the control plane, as an incarnation does for an emitter. */
  readonly incarnation = `${Date.now().toString(36).padStart(8, '0')}-${uuidv7().slice(-8)}`;
  readonly ownership: Ownership;
  private readonly slots = new Map<string, Slot>();
  private readonly timer: NodeJS.Timeout;
  private readonly options: HubOptions;
  private readonly creating = new Set<string>();
  private readonly idleRuns = new IdleRuns((runId) => this.unload(runId));

  constructor(options: HubOptions) {
    this.options = options;
    this.store = options.store;
    this.ownership = new Ownership(options.store);
    this.journal = new Journal({
      store: options.store,
      bus: this.bus,
      onFailure: (failed, whole) => this.failed(failed, whole),
      onAnswers: (answers) => {
        for (const answer of answers) this.commands.answer(answer);
      },
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
    if (this.slots.has(runId) || this.creating.has(runId)) throw exists(runId);
    this.creating.add(runId);
    try {
      if ((await this.store.getRun(runId)) !== undefined) throw exists(runId);
      const collector = await this.collector(runId);
      // A worker began it in the meantime.
      if (!collector.isBlank) throw exists(runId);
      collector.change(prepare);
      await this.journal.flush(runId);
      return collector;
    } catch (error) {
      // Another process began it in the meantime.
      throw error instanceof XTrackError && error.code === 'XT_RUN_CHANGED' ? exists(runId) : error;
    } finally {
      this.creating.delete(runId);
    }
  }

  /**
   * The run as it is stored now. One that is loaded and of which nothing waits to be stored may be behind: another control plane may
   * have taken it over, or have stored a last commit while it closed, and a worker would be told to begin again before that. One that is
   * not there may have been begun and removed for good by another one since it was asked for.
   */
  async upToDate(runId: string): Promise<Collector> {
    const collector = this.loaded(runId);
    if (collector !== undefined && !this.journal.holds(collector)) {
      const known = collector.knownRevision;
      // A store that cannot be asked takes no commit either: until it can, what is in memory is all that there is.
      const stored = (await this.store.getRevision?.(runId).catch(() => known)) ?? known;
      const isAsBefore = this.loaded(runId) === collector && collector.knownRevision === known && !this.journal.holds(collector);
      if (isAsBefore && stored !== known) {
        this.discard(collector, new XTrackError('XT_RUN_CHANGED', { detail: `run '${runId}' was written to by another process` }));
      } else if (collector.isBlank) collector.lanes.learnBuried((await this.store.getBuried?.(runId).catch(() => [])) ?? []);
    }
    return await this.collector(runId);
  }

  /** Keeps the run loaded until `release`. */
  hold(runId: string): void {
    const slot = this.slots.get(runId);
    if (slot === undefined) return;
    slot.holders += 1;
    this.idleRuns.held(runId);
  }

  /** `collector`: what was held; where the run was read anew since, there is nothing to let go of. */
  release(runId: string, collector?: Collector): void {
    const slot = this.slots.get(runId);
    if (slot === undefined || (collector !== undefined && slot.collector !== collector)) return;
    slot.holders = Math.max(0, slot.holders - 1);
    slot.idleSince = performance.now();
    if (slot.holders > 0) return;
    // What is known of a run that is not there is soon out of date.
    if (slot.collector?.isBlank === true && !this.journal.holds(slot.collector)) this.drop(slot.collector);
    else this.idleRuns.released(runId);
  }

  /** Takes over the live runs whose control plane is gone; each is `interrupted` until its worker is heard again. */
  async adopt(): Promise<Collector[]> {
    const live = await this.store.findRuns({ status: LIVE_STATUSES, limit: 100_000 });
    const adopted: Collector[] = [];
    const askOnce = this.ownership.askOnce();
    for (const { runId, owner, status, process: child } of live) {
      if (this.loaded(runId) !== undefined || (await this.ownership.isElsewhere(owner, askOnce))) continue;
      const watched = child !== null && !this.ownership.isAway(child);
      // It waits for its worker, whoever of us hears of that one first, or for a control plane of its process's machine.
      if (status === 'interrupted' && owner === null && !watched) continue;
      // One that cannot be read keeps nobody from the others.
      const collector = await this.collector(runId).catch((error) => warnOf(error));
      if (collector === undefined || isFinal(collector.state.status)) continue;
      collector.supervised = watched;
      collector.change((state) => {
        if (![...collector.lanes.all()].some((lane) => lane.owner !== undefined)) state.status = 'interrupted';
        state.owner = this.ownership.own;
      });
      adopted.push(collector);
    }
    if (adopted.length > 0) await this.journal.flush().catch(warnOf);
    return adopted.filter(({ dead }) => dead === undefined);
  }

  /** The loaded runs that are not over, however they came to be loaded: an emitter may reconnect before its run is adopted. */
  live(): Collector[] {
    return [...this.slots.values()].flatMap(({ collector }) => collector ?? []).filter((collector) => !isFinal(collector.state.status));
  }

  /** Runs that another process on the same store holds, and of which nothing is heard: live ones, and those created since. */
  async foreign(createdAfter: number): Promise<RunRecord[]> {
    if (this.store.onChange !== undefined) return [];
    const live = await this.store.findRuns({ status: LIVE_STATUSES, limit: MAX_FOREIGN });
    const recent = await this.store.findRuns({ createdAfter, limit: MAX_FOREIGN });
    const runs = new Map([...live, ...recent].map((record) => [record.runId, record]));
    return [...runs.values()].filter(({ owner }) => owner !== null && !this.ownership.isOwn(owner));
  }

  /** Where workers reach this control plane from now on: another one that is asked for a run of ours sends them there. */
  reachedAt(addresses: readonly string[]): void {
    this.ownership.reachedAt(addresses);
    for (const collector of this.live()) collector.ownedBy(this.ownership.own);
  }

  /** Forgets a run that is being deleted from the store. */
  forget(runId: string): void {
    const collector = this.loaded(runId);
    if (collector !== undefined) this.discard(collector, new XTrackError('XT_RUN_PURGED', { detail: `run '${runId}' was deleted` }));
    this.slots.delete(runId);
    this.commands.forget(runId);
    this.journal.dropCommands(runId);
  }

  /** Lets go of a run that is to be made anew in the store. Throws XT_RUN_OWNED, and XT_RUN_LIVE where somebody feeds it. */
  async letGo(record: RunRecord): Promise<void> {
    await this.ownership.assertFree(record);
    const slot = this.slots.get(record.runId);
    await slot?.ready.catch(() => undefined);
    await this.journal.flush(record.runId).catch(() => undefined);
    if (slot !== undefined && slot.holders > 0) throw new XTrackError('XT_RUN_LIVE', { detail: `run '${record.runId}' is being fed` });
    if (slot?.collector !== undefined && !this.journal.holds(slot.collector)) this.drop(slot.collector);
  }

  /** Forgets what the run has in memory and is not stored; it is read anew by whoever asks for it. */
  discard(collector: Collector, why: XTrackError): void {
    this.lose(new Map([[collector, why]]));
  }

  /** Makes everything durable and gives up ownership, so that the next control plane takes over at once. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const { collector } of this.slots.values()) {
      if (collector !== undefined && !isFinal(collector.state.status)) {
        collector.change((state) => {
          state.owner = null;
        });
      }
    }
    await this.journal.flush().catch(warnOf);
    this.journal.close();
    this.commands.close();
    this.bus.close();
    this.slots.clear();
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
    await this.journal.settled(runId);
    // First, so that what is read after it can only be newer: then the first commit is refused, and all is read again.
    const revision = (await this.store.getRevision?.(runId)) ?? 0;
    const record = await this.store.getRun(runId);
    // What is damaged is not built upon.
    if (record !== undefined) await this.ownership.assertFree(sound(record));
    const state = record === undefined ? initialState(runId, this.now()) : stateFromRecord(record);
    state.owner = this.ownership.own;
    state.isAway = state.process !== null && this.ownership.isAway(state.process);
    const marks = record === undefined ? [] : await this.store.getMarks(runId);
    const buried = (await this.store.getBuried?.(runId)) ?? [];
    if (record !== undefined && !isFinal(record.status)) this.commands.restore(await this.store.getCommands(runId));
    const [journal, controlIncarnation, isBlank] = [this.journal, this.incarnation, record === undefined];
    return new Collector({ state, marks, buried, revision, journal, controlIncarnation, now: epochMicros, isBlank });
  }

  private failed(failed: ReadonlyMap<Collector, XTrackError>, whole: boolean): void {
    this.lose(failed);
    const [error] = failed.values();
    if (whole && error !== undefined) this.options.onCommitFailure(error);
  }

  /** What was accepted but not stored is unknown now: forget it all, the emitters send it again from the last ack. */
  private lose(lost: ReadonlyMap<Collector, XTrackError>): void {
    this.journal.drop(lost.keys());
    for (const collector of lost.keys()) if (this.loaded(collector.runId) === collector) this.drop(collector);
    for (const [collector, error] of lost) {
      if (collector.dead !== undefined) continue;
      collector.kill(error);
      this.options.onRunLost?.(collector, error);
    }
  }

  /** What is loaded of the run goes; nothing of it waits for a commit. */
  private drop(collector: Collector): void {
    this.slots.delete(collector.runId);
    collector.letGo();
  }

  private tick(now: number): void {
    for (const { collector, holders, idleSince } of this.slots.values()) {
      if (collector === undefined) continue;
      guard(() => {
        for (const lane of collector.lanes.all()) if (lane.sequence.firstHole !== undefined) chase(collector, lane, now);
        if (holders === 0 && now - idleSince > LEASE_MS) this.idle(collector);
      });
    }
  }

  /** There are too many that nobody holds. */
  private unload(runId: string): boolean {
    const slot = this.slots.get(runId);
    if (slot?.collector === undefined || slot.holders > 0) return slot === undefined || slot.holders > 0;
    this.idle(slot.collector);
    return !this.slots.has(runId);
  }

  private idle(collector: Collector): void {
    const { status } = collector.state;
    if (isFinal(status) || status === 'interrupted' || collector.isBlank) {
      // What waits for its commit would be taken for new when it is sent again.
      if (!this.journal.holds(collector)) this.drop(collector);
      return;
    }
    collector.change((state) => {
      state.status = 'interrupted';
    });
  }
}

const exists = (runId: string): XTrackError => new XTrackError('XT_RUN_EXISTS', { detail: `run '${runId}' exists`, field: 'runId' });
