// Which control plane holds a run: one that lives keeps it, one that is gone has lost it.

import { hostname } from 'node:os';
import type { Owner, Store } from '../storage/store.js';
import { isAlive, ownIdentity } from './process-identity.js';

type Living = () => Promise<ReadonlySet<string>>;

export class Ownership {
  /** This control plane. */
  readonly own: Owner;
  private readonly store: Store;

  constructor(store: Store) {
    const { writerId } = store;
    this.store = store;
    this.own = { ...ownIdentity(), ...(writerId !== undefined && { host: hostname(), writer: writerId }) };
  }

  isOwn({ pid, startTime, host }: Owner): boolean {
    return pid === this.own.pid && startTime === this.own.startTime && host === this.own.host;
  }

  /** True while another control plane that lives holds what it owns. `living`: see askOnce. */
  async isElsewhere(owner: Owner | null, living: Living = this.living): Promise<boolean> {
    if (owner === null || this.isOwn(owner)) return false;
    // Whether a process of another machine lives, only the store can say.
    if (owner.writer !== undefined && !isOfThisMachine(owner, this.own)) return (await living()).has(owner.writer);
    return isAlive(owner);
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

/** Containers of one machine have one boot id, and each its own pids. */
function isOfThisMachine(owner: Owner, own: Owner): boolean {
  const bootOf = ({ startTime }: Owner): string => startTime.slice(startTime.indexOf('@'));
  return owner.host === own.host && bootOf(owner) === bootOf(own);
}
