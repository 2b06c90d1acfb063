// Events of one session that are not taken: answered, counted, and kept apart where the peer may write.

import type { RefusedEvent, TrackEvent, XTrackError } from '../../protocol/index.js';
import type { Collector } from '../../runtime/collector.js';
import { type Verdict, whyNotTaken } from '../../runtime/verdict.js';
import type { SessionCounts } from '../transport.js';
import type { Answers } from './answers.js';
import type { Bindings } from './bindings.js';
import type { OwnLanes } from './own-lanes.js';
import type { SessionOptions } from './session-options.js';

/** So many refused events in a row end a connection: the peer is broken or hostile. */
const MAX_IN_A_ROW = 100;

export interface RejectionsOptions {
  readonly session: SessionOptions;
  readonly counts: SessionCounts;
  readonly answers: Answers;
  readonly owned: OwnLanes;
  readonly bindings: Bindings;
  /** Ends the connection. */
  readonly abort: (error: XTrackError) => void;
}

export class Rejections {
  private readonly options: RejectionsOptions;
  private inARow = 0;

  constructor(options: RejectionsOptions) {
    this.options = options;
  }

  /** An event was taken. */
  over(): void {
    this.inARow = 0;
  }

  /** Answers an event that is not taken. Only in a lane for which the peer speaks does it use up its number: nobody else's event may be taken for a repeat. */
  reject(error: XTrackError, event: RefusedEvent, bytes?: Uint8Array): void {
    const { session, answers, bindings, counts } = this.options;
    const { runId = '', worker, incarnation, seq = 0 } = event;
    const collector = bytes && bindings.get(runId)?.collector;
    if (collector !== undefined && bytes !== undefined) this.keep(collector, error, event, bytes);
    counts.refused += 1;
    this.inARow += 1;
    if (seq > 0) answers.refuse({ runId, worker, incarnation }, seq, error);
    if (session.mode === 'socket' && this.inARow >= MAX_IN_A_ROW) this.options.abort(error);
  }

  /** Answers an event that its run did not take. */
  notTaken(collector: Collector, { runId, worker, incarnation, seq }: TrackEvent, verdict: Verdict): void {
    const { error, ends } = whyNotTaken(collector, verdict);
    if (ends) return void this.options.abort(error);
    this.options.counts.refused += 1;
    this.options.answers.refuse({ runId, worker, incarnation }, seq, error);
  }

  private keep(
    collector: Collector,
    error: XTrackError,
    { runId = '', worker, incarnation, seq = 0 }: RefusedEvent,
    bytes: Uint8Array,
  ): void {
    const { kind } = this.options.session.connection;
    const trusted = kind === 'file' || kind === 'stdio';
    const lane =
      this.options.owned.find(runId, worker, incarnation) ?? (trusted && seq > 0 ? collector.lane(worker, incarnation) : undefined);
    if (lane !== undefined && seq > 0) collector.refuse(lane, seq, error, bytes);
    else collector.deadLetter(error.code, bytes);
  }
}
