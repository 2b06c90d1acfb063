// Who gets in through a listener, and what they may write to from then on.

import { createHash, timingSafeEqual } from 'node:crypto';
import { type Hello, type TrackEvent, XTrackError } from '../../protocol/index.js';
import { RESERVED_TAGS } from '../../protocol/reserved-tags.js';
import type { Collector } from '../../runtime/collector.js';
import { isReservedWorker } from '../../runtime/run-state.js';
import type { RunRecord } from '../../storage/store.js';
import type { Admission, Writer } from '../transport.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** How the token of a data directory's own workers begins. */
export const LOCAL_TOKEN = 'xti_';

/** What tells whose a run is. */
interface RunAtTheDoor extends Pick<Collector, 'runId' | 'isBlank'> {
  readonly state: Pick<Collector['state'], 'experimentId' | 'tags'>;
}

const ANYBODY: Writer = { experiments: null };

/** The door of one connection. */
export class Door {
  private readonly admission: Admission;
  private greeted = false;
  private writer: Writer;
  /** The key that it showed, where that may go out of force. */
  private key: string | undefined;

  constructor(admission: Admission) {
    this.admission = admission;
    this.writer = admission.known ?? ANYBODY;
  }

  /** True for a peer that has to say who it is, and has not. Where a token is asked for, nobody gets in without hello. */
  get waitsForHello(): boolean {
    if (this.greeted) return false;
    const { allowV1, token, authorise, ours = false } = this.admission;
    const asks = !ours && (token !== undefined || authorise !== undefined);
    return !allowV1 || asks;
  }

  /** Why a peer is not let in, if it is not. */
  greet(hello: Hello): XTrackError | undefined {
    const writer = this.writerOf(hello.token ?? '');
    if (writer === undefined) return new XTrackError('XT_TOKEN');
    if (this.refusesWorker(hello.worker)) return new XTrackError('XT_WORKER_RESERVED', { field: 'm.wid' });
    // Whoever only asks who is there has not said who it is.
    if (hello.capabilities.includes('probe')) return undefined;
    this.greeted = true;
    this.writer = writer;
    return undefined;
  }

  /** True for a name that is the control plane's own. */
  refusesWorker(worker: string): boolean {
    return isReservedWorker(worker) && this.admission.allowControl !== true;
  }

  /** Why the peer must go although it was let in: its key was revoked, or has expired. */
  closes(): XTrackError | undefined {
    const { key } = this;
    return key === undefined || this.admission.authorise?.(key) !== undefined ? undefined : new XTrackError('XT_TOKEN');
  }

  /** True where the peer belongs to the run only once it has begun it. */
  mustBegin({ isBlank }: Collector): boolean {
    return isBlank && (this.writer.experiments !== null || this.writer.keyId !== undefined);
  }

  /** Why the peer may not join the run, if it may not. Of one that is new its first event decides. */
  refusesToJoin(collector: Collector): XTrackError | undefined {
    return collector.isBlank ? undefined : this.refuses(collector);
  }

  /** Why the peer may not write the event, if it may not. Whoever starts a run of which nothing is there yet names its experiment. */
  refuses({ state, isBlank, runId }: RunAtTheDoor, event?: TrackEvent): XTrackError | undefined {
    const { writer } = this;
    const { experiments } = writer;
    if (experiments === null && writer.keyId === undefined) return undefined;
    const forbidden = (): XTrackError => new XTrackError('XT_FORBIDDEN', { detail: `the key does not write to run '${runId}'` });
    if (isOthers(state, writer)) return forbidden();
    const named = event?.type === 'run_start' && isBlank ? event.experimentId : undefined;
    const experiment = state.experimentId ?? named;
    return experiments === null || (experiment !== undefined && experiments.has(experiment)) ? undefined : forbidden();
  }

  /** An event of the peer was taken. `begins`: the run was nobody's before; from now on it belongs to the peer's key. */
  taken(collector: Collector, begins: boolean): void {
    const { keyId } = this.writer;
    if (begins && !collector.isBlank && keyId !== undefined) collector.emit({ type: 'tags', tags: { [RESERVED_TAGS.key]: keyId } });
  }

  /** Tokens are compared in constant time. */
  private writerOf(given: string): Writer | undefined {
    const { token, authorise, ours = false } = this.admission;
    this.key = undefined;
    if (token === undefined && authorise === undefined) return ANYBODY;
    if (token !== undefined && timingSafeEqual(digest(given), digest(token))) return ANYBODY;
    // One that was read from another data directory says nothing against it.
    if (ours && (given === '' || given.startsWith(LOCAL_TOKEN))) return ANYBODY;
    const writer = authorise?.(given);
    this.key = writer && given;
    return writer;
  }
}

/** True for a run that was begun with another key. */
export function isOthers({ tags }: Pick<RunRecord, 'tags'>, { keyId, everyRun = false }: Writer): boolean {
  const owner = tags[RESERVED_TAGS.key];
  return owner !== undefined && keyId !== undefined && owner !== keyId && !everyRun;
}
