// What decides who may hear of a run, remembered for the runs that are in the news.

import { isPublic, type Run } from '../../../query/run.js';
import { allows, type Principal } from '../access/principal.js';
import type { ControlPlane } from '../control-plane.js';

/** Runs that are remembered; of the others it is asked again. */
const MAX_KNOWN = 10_000;

export interface RunAccess {
  experimentId: string | null;
  public: boolean;
}

/** True where the caller may view the run. */
export function mayHear(principal: Principal, access: RunAccess): boolean {
  return access.public || allows(principal, 'view', access.experimentId);
}

export class LiveAccess {
  private readonly xtrack: Pick<ControlPlane, 'getRun'>;
  private readonly known = new Map<string, RunAccess>();

  constructor(xtrack: Pick<ControlPlane, 'getRun'>) {
    this.xtrack = xtrack;
  }

  get(runId: string): RunAccess | undefined {
    return this.known.get(runId);
  }

  /** Asks the store. A run that cannot be read is nobody's: only who may see everything hears of it. */
  async load(runId: string): Promise<RunAccess> {
    try {
      return this.learn(await this.xtrack.getRun(runId));
    } catch {
      return { experimentId: null, public: false };
    }
  }

  /** What a run says of itself now holds for its items that were told before, too. */
  learn(run: Run): RunAccess {
    const access = this.known.get(run.runId) ?? { experimentId: null, public: false };
    access.experimentId = run.experimentId;
    access.public = isPublic(run);
    this.known.delete(run.runId);
    this.known.set(run.runId, access);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= MAX_KNOWN) break;
      this.known.delete(oldest);
    }
    return access;
  }

  /** The id may be another run's from now on. */
  forget(runId: string): void {
    this.known.delete(runId);
  }
}
