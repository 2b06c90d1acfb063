// Loaded runs that nobody holds: a bounded number of them, so that whoever begins a hundred thousand runs cannot fill the memory.

/** Runs that nobody holds and that are kept loaded all the same, the newest so many: their next event is likely to come soon. */
const MOST = 256;

/** Ids of the runs that nobody holds, in the order in which they were let go of. */
export class IdleRuns {
  private readonly ids = new Set<string>();
  /** Unloads a run, or does what must be done before; false: it has to stay for now. */
  private readonly unload: (runId: string) => boolean;

  constructor(unload: (runId: string) => boolean) {
    this.unload = unload;
  }

  /** Somebody holds it. */
  held(runId: string): void {
    this.ids.delete(runId);
  }

  /** Nobody holds it any more: others may have to go for it. */
  released(runId: string): void {
    this.ids.delete(runId);
    this.ids.add(runId);
    // Those that cannot go yet are asked again later: by then they may.
    for (let over = this.ids.size - MOST; over > 0; over -= 1) {
      const oldest = this.ids.values().next().value as string;
      this.ids.delete(oldest);
      if (!this.unload(oldest)) this.ids.add(oldest);
    }
  }
}
