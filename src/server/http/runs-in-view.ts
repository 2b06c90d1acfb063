// The runs that one request names, each looked up once, as far as its caller may see them.

import { XTrackError } from '../../protocol/errors.js';
import { isPublic, type Run } from '../../query/run.js';
import { allows, type Principal, type Scope } from './access/principal.js';
import type { ControlPlane } from './control-plane.js';

export class RunsInView {
  readonly #xtrack: Pick<ControlPlane, 'getRun'>;
  readonly #principal: Principal;
  readonly #runs = new Map<string, Promise<Run | undefined>>();

  constructor(xtrack: Pick<ControlPlane, 'getRun'>, principal: Principal) {
    this.#xtrack = xtrack;
    this.#principal = principal;
  }

  /** Undefined: there is none, or the caller is not shown it. */
  get(runId: string): Promise<Run | undefined> {
    let run = this.#runs.get(runId);
    if (run === undefined) {
      run = this.#look(runId);
      this.#runs.set(runId, run);
    }
    return run;
  }

  /** Errors: XT_RUN_NOT_FOUND, also for a run that the caller is not shown; XT_FORBIDDEN where it is shown and no more. */
  async require(runId: string, scope: Exclude<Scope, 'none'>): Promise<Run> {
    const run = await this.get(runId);
    if (run === undefined)
      throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}', or the key does not show it`, field: 'runIds' });
    if (scope !== 'view' && !allows(this.#principal, scope, run.experimentId))
      throw new XTrackError('XT_FORBIDDEN', { detail: `it needs the scope '${scope}'` });
    return run;
  }

  async #look(runId: string): Promise<Run | undefined> {
    try {
      const run = await this.#xtrack.getRun(runId);
      return isPublic(run) || allows(this.#principal, 'view', run.experimentId) ? run : undefined;
    } catch (error) {
      if (error instanceof XTrackError && error.code === 'XT_RUN_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

/** The results in the order of the list; the first failure ends it. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as Item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
