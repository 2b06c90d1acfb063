// Connections whose peers have not entered a run yet. Each address has a share of them, so that whoever opens many and says
// nothing locks out nobody; and where there is no room at all they are the first to go.

/** Of one address, as soon as the oldest is no newcomer any more: beyond this it is closed. */
const SHARE = 64;
/** Whoever is here for less (ms) may still be about to say who it is. */
const NEWCOMER_MS = 1_000;
/** Of one address, however new they are. */
const MOST = 1_000;

/** A connection at the door. */
export interface Stranger {
  /** ms of the monotonic clock. */
  readonly since: number;
  /** Its peer has entered: it is no stranger any more. */
  readonly entered: boolean;
  close(): void;
}

export class Strangers {
  /** Oldest first. */
  private readonly byAddress = new Map<string, Set<Stranger>>();

  /** Takes one in; one of the same address may have to go for it. */
  add(address: string, stranger: Stranger, now: number): void {
    const others = this.byAddress.get(address) ?? new Set();
    this.byAddress.set(address, others);
    if (others.size >= SHARE) {
      const oldest = first(others);
      if (oldest !== undefined && (others.size >= MOST || (others.size >= SHARE && now - oldest.since > NEWCOMER_MS))) {
        others.delete(oldest);
        oldest.close();
      }
    }
    others.add(stranger);
  }

  /** It is gone. */
  remove(address: string, stranger: Stranger): void {
    const others = this.byAddress.get(address);
    others?.delete(stranger);
    if (others?.size === 0) this.byAddress.delete(address);
  }

  /** Closes the oldest of the address that has the most; false: there is none. */
  closeOne(): boolean {
    let most: Set<Stranger> | undefined;
    for (const [address, others] of this.byAddress) {
      if (first(others) === undefined) this.byAddress.delete(address);
      else if (most === undefined || others.size > most.size) most = others;
    }
    const oldest = most && first(most);
    if (most === undefined || oldest === undefined) return false;
    most.delete(oldest);
    oldest.close();
    return true;
  }
}

/** The oldest that has not entered; those that have are let go of. */
function first(strangers: Set<Stranger>): Stranger | undefined {
  for (const stranger of strangers) if (stranger.entered) strangers.delete(stranger);
  return strangers.values().next().value;
}
