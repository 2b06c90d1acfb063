// Memory for started frames, for the whole process: small ones are free, a larger one waits for room of its length before
// more of it is read. In turn, and apart for large and very large ones: nobody waits for what others do not finish.

/** A started frame up to this (bytes) needs no leave: a read brings about as much anyway. */
export const FREE_BYTES = 64 * 1024;
const LARGE_BYTES = 1024 * 1024 + FREE_BYTES;

/** Whoever holds room, or waits for it. */
export interface Tenant {
  /** Gives it back. Undefined: there is nothing to give back. */
  leave: (() => void) | undefined;
}

interface Waiting {
  readonly bytes: number;
  readonly granted: () => void;
}

/** Room for so many bytes, given out in the order in which it was asked for. */
export class FrameRoom {
  private readonly size: number;
  private readonly waiting = new Map<Tenant, Waiting>();
  private used = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** True: it is there. False: wait for `granted`. Either way `leave` gives it back. */
  take(tenant: Tenant, bytes: number, granted: () => void): boolean {
    if (this.waiting.size === 0 && this.used + bytes <= this.size) {
      this.hold(tenant, bytes);
      return true;
    }
    this.waiting.set(tenant, { bytes, granted });
    tenant.leave = () => {
      tenant.leave = undefined;
      this.waiting.delete(tenant);
      granted();
      this.grant();
    };
    return false;
  }

  private hold(tenant: Tenant, bytes: number): void {
    this.used += bytes;
    tenant.leave = () => {
      tenant.leave = undefined;
      this.used -= bytes;
      this.grant();
    };
  }

  private grant(): void {
    for (const [tenant, { bytes, granted }] of this.waiting) {
      if (this.used + bytes > this.size) return;
      this.waiting.delete(tenant);
      this.hold(tenant, bytes);
      granted();
    }
  }
}

/** Of this process: for frames up to 1 MiB, and for two of the largest that can be negotiated. */
const large = new FrameRoom(16 * 1024 * 1024);
const largest = new FrameRoom(34 * 1024 * 1024);

/** `tenant` has started a frame of so many bytes, and no other any more. True: go on. False: read no more of it until `granted`. */
export function takeRoom(tenant: Tenant, bytes: number, granted: () => void): boolean {
  tenant.leave?.();
  return (bytes <= LARGE_BYTES ? large : largest).take(tenant, bytes, granted);
}
