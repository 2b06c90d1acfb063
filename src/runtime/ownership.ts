// Which control plane holds a run: one that lives keeps it, one that is gone has lost it.

import { hostname } from 'node:os';
import { isFinal } from '../protocol/events.js';
import { XTrackError } from '../protocol/index.js';
import type { Owner, ProcessRecord, RunRecord, Store } from '../storage/store.js';
import { isAlive, ownIdentity } from './process/process-identity.js';

type Living = () => Promise<ReadonlySet<string>>;

export class Ownership {
  /** This control plane. */
  own: Owner;
  private readonly store: Store;

  constructor(store: Store) {
    const { writerId } = store;
    this.store = store;
    this.own = { ...ownIdentity(), ...(writerId !== undefined && { host: hostname(), writer: writerId }) };
  }

  /** Where workers reach this control plane from now on. */
  reachedAt(at: readonly string[]): void {
    this.own = { ...this.own, at };
  }

  isOwn({ pid, startTime, host }: Owner): boolean {
    return pid === this.own.pid && startTime === this.own.startTime && host === this.own.host;
  }

  /** True while another control plane that lives holds what it owns. `living`: see askOnce. */
  async isElsewhere(owner: Owner | null, living: Living = this.living): Promise<boolean> {
    if (owner === null || this.isOwn(owner)) return false;
    // Whether a process of another machine lives, only the store can say.
    if (owner.writer !== undefined && !this.isNear(owner)) return (await living()).has(owner.writer);
    return isAlive(owner);
  }

  /** The other control plane that lives and holds the run; undefined: none does. */
  async holderOf(record: Pick<RunRecord, 'status' | 'owner'> | undefined): Promise<Owner | undefined> {
    if (record === undefined || isFinal(record.status) || record.owner === null) return undefined;
    return (await this.isElsewhere(record.owner)) ? record.owner : undefined;
  }

  /** True for a control plane of this machine. Containers of one machine have one boot id, and each its own pids. */
  isNear(owner: Owner): boolean {
    const bootOf = ({ startTime }: Owner): string => startTime.slice(startTime.indexOf('@'));
    return owner.host === this.own.host && bootOf(owner) === bootOf(this.own);
  }

  /** True for a process of another machine: whether it lives, nobody can see from here. */
  isAway({ host }: ProcessRecord): boolean {
    return host !== undefined && host !== hostname();
  }

  /** Throws XT_RUN_OWNED where another control plane that lives holds the run. */
  async assertFree(record: RunRecord): Promise<void> {
    const holder = await this.holderOf(record);
    if (holder !== undefined) throw new XTrackError('XT_RUN_OWNED', { detail: `run '${record.runId}' is held by process ${holder.pid}` });
  }

  /** Asks the store once for many owners. */
  askOnce(): Living {
    let asked: Promise<ReadonlySet<string>> | undefined;
    return () => {
      asked ??= this.living();
      return asked;
    };
  }

  private readonly living: Living = async () => (await this.store.livingWriters?.()) ?? new Set();
}
