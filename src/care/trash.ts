// Where deleted runs wait: out of sight, whole, and back at a word, until they are removed for good.

import { XTrackError } from '../protocol/errors.js';
import { isFinal } from '../protocol/events.js';
import type { Hub } from '../runtime/hub.js';
import type { RunRecord } from '../storage/store.js';
import { removeFolders } from './leftovers.js';

export class Trash {
  readonly #hub: Hub;
  readonly #directory: string | null;

  constructor(hub: Hub, directory: string | null) {
    this.#hub = hub;
    this.#directory = directory;
  }

  /** Throws XT_RUN_NOT_FOUND, XT_RUN_LIVE, XT_RUN_OWNED. A run that is there already keeps its time. */
  async put(runId: string): Promise<void> {
    const run = await this.#over(runId);
    if (run.deletedAt !== undefined) return;
    await this.#set(runId, this.#hub.now());
    this.#hub.bus.publish(runId, [{ type: 'run_deleted', runId }]);
  }

  /** Throws XT_RUN_NOT_FOUND, XT_RUN_OWNED. */
  async takeOut(runId: string): Promise<void> {
    await this.#free(runId);
    await this.#set(runId, null);
  }

  /**
   * Removes the run and all that belongs to it, whether it was in the trash or not. Throws XT_RUN_NOT_FOUND, XT_RUN_LIVE, XT_RUN_OWNED.
   */
  async purge(runId: string): Promise<void> {
    await this.#over(runId);
    // What waits of other runs, on a full disk for ever, is not waited for: the purge may be what makes room.
    const collector = this.#hub.loaded(runId);
    // What cannot be stored of it any more is not missed.
    if (!this.#hub.journal.stuck || (collector !== undefined && this.#hub.journal.holds(collector)))
      await this.#hub.journal.flush(runId).catch(() => undefined);
    this.#hub.forget(runId);
    if (!(await this.#hub.store.deleteRun(runId))) throw notFound(runId);
    this.#hub.bus.publish(runId, [{ type: 'run_deleted', runId }]);
    if (this.#directory !== null) await removeFolders(this.#directory, runId).catch(() => undefined);
  }

  async #over(runId: string): Promise<RunRecord> {
    const run = await this.#free(runId);
    if (!isFinal(run.status) && run.status !== 'interrupted')
      throw new XTrackError('XT_RUN_LIVE', { detail: `run '${runId}' is ${run.status}` });
    return run;
  }

  /** A run that no other control plane that lives holds: an interrupted one may go on there at any moment. */
  async #free(runId: string): Promise<RunRecord> {
    const run = await this.#hub.store.getRun(runId);
    if (run === undefined) throw notFound(runId);
    await this.#hub.ownership.assertFree(run);
    return run;
  }

  async #set(runId: string, at: number | null): Promise<void> {
    if (!this.#hub.journal.stuck) await this.#hub.journal.flush(runId);
    if (!(await this.#hub.store.setDeleted(runId, at))) throw notFound(runId);
    const record = await this.#hub.store.getRun(runId);
    if (record !== undefined) this.#hub.bus.publish(runId, [{ type: 'run_changed', runId, record }]);
  }
}

function notFound(runId: string): XTrackError {
  return new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}'`, field: 'runId' });
}
