// Which runs one body of events may write to, and their collectors: asked once per run.

import { type TrackEvent, XTrackError } from '../protocol/index.js';
import type { Collector } from '../runtime/collector.js';
import type { Hub } from '../runtime/hub.js';
import { RESERVED_TAGS } from '../storage/reserved-tags.js';
import type { RunRecord } from '../storage/store.js';
import type { Writer } from './transport.js';

/** True for a run that was begun with another key. */
export function isOthers({ tags }: Pick<RunRecord, 'tags'>, { keyId, everyRun = false }: Writer): boolean {
  const owner = tags[RESERVED_TAGS.key];
  return owner !== undefined && keyId !== undefined && owner !== keyId && !everyRun;
}

export class RunGate {
  private readonly hub: Hub;
  private readonly writer: Writer;
  private readonly mayWrite: (experimentId: string | null) => boolean;
  private readonly opened = new Map<string, Collector>();
  private readonly refused = new Map<string, XTrackError>();

  constructor(hub: Hub, mayWrite: (experimentId: string | null) => boolean, writer: Writer) {
    this.hub = hub;
    this.writer = writer;
    this.mayWrite = mayWrite;
  }

  /** The collector that the run had when it was opened. */
  collectorOf(runId: string): Collector | undefined {
    return this.opened.get(runId);
  }

  /** True for a run that there is and that may be written to. */
  async knows(runId: string): Promise<boolean> {
    if (this.opened.has(runId)) return true;
    if (this.refused.has(runId) || (await this.hub.store.getRun(runId)) === undefined) return false;
    return (await this.enter(runId, null)) === undefined;
  }

  /** Why the event may not be written, if it may not. A new run is of the experiment that its first event names. */
  async open(runId: string, event: TrackEvent): Promise<XTrackError | undefined> {
    const named = event.type === 'run_start' ? (event.experimentId ?? null) : null;
    return this.opened.has(runId) ? undefined : await this.enter(runId, named);
  }

  /** The same of a run that was opened: it may have become somebody else's since. Ask it in the turn in which the event is written. */
  refuses(runId: string, event: TrackEvent): XTrackError | undefined {
    const collector = this.opened.get(runId);
    if (collector === undefined) return undefined;
    const { state, isBlank } = collector;
    const named = event.type === 'run_start' ? (event.experimentId ?? null) : null;
    // A run of no experiment joins the one that it names now, and a new one is of that from the start.
    const needed = state.experimentId !== null ? [state.experimentId] : [...(isBlank ? [] : [null]), named];
    return needed.every(this.mayWrite) && !isOthers(state, this.writer) ? undefined : forbidden(runId, named);
  }

  private async enter(runId: string, named: string | null): Promise<XTrackError | undefined> {
    const before = this.refused.get(runId);
    if (before !== undefined) return before;
    const error = await this.admit(runId, named);
    if (error !== undefined) this.refused.set(runId, error);
    return error;
  }

  private async admit(runId: string, named: string | null): Promise<XTrackError | undefined> {
    const loaded = this.hub.loaded(runId);
    // One that somebody only asked for is nobody's yet.
    const known = loaded?.isBlank === false ? loaded.state : await this.hub.store.getRun(runId);
    const own = known?.experimentId ?? null;
    // Both the run as it is and, where that is of none, what it is to become.
    const needed = known === undefined ? [named] : [own, ...(own === null && named !== null ? [named] : [])];
    if (!needed.every(this.mayWrite) || (known !== undefined && isOthers(known, this.writer))) return forbidden(runId, named);
    try {
      this.opened.set(runId, await this.hub.collector(runId));
      return undefined;
    } catch (error) {
      return XTrackError.from(error, 'XT_STORE_READ');
    }
  }
}

/** Says only what the caller said itself, and the same of a run that is there and of one that is not. */
function forbidden(runId: string, named: string | null): XTrackError {
  const as = named === null ? '' : ` as one of experiment '${named}'`;
  return new XTrackError('XT_FORBIDDEN', { detail: `the key does not write to run '${runId}'${as}` });
}
